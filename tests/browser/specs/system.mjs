// What operators see of the installation, and nothing of any organization; nobody else sees it.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, admin, url } from "../support/world.mjs";

after(close);

const PAGE = `${url}/webhooks/system`;

/** Signs a page in as an operator. */
const signIn = async (page) => {
  const made = await admin("session-token", "create", "--operator");
  await page.goto(made.sign_in_url.replace(/^https?:\/\/[^/]+/, url));
  await page.getByText("as an operator").waitFor();
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(PAGE);
  return made;
};

test("an operator sees what waits, who runs and whose load it is", async () => {
  const world = await World.make("Flooding Institute");
  const receiver = await startReceiver(500);
  const secret = "https://secret.example/path";
  const { id } = await world.endpoint(receiver, { name: "Secret name", labels: ["secret-label"], retry_schedule: "standard" });
  const { deliveries: [waiting] } = await world.verification();
  await world.delivery(waiting, (one) => one.attempts.length > 0);
  await withPage({}, async (page) => {
    await signIn(page);
    const load = page.locator("tr", { has: page.getByText("Flooding Institute") });
    const until = Date.now() + 30_000;
    while (await load.count() === 0) {
      assert.ok(Date.now() < until, "the load is counted");
      await page.reload();
    }
    assert.equal(await load.getByText(world.organization).count(), 1);
    await page.getByText("Nothing is stuck.").waitFor();
    const figure = async (word) => Number(await page.locator(".figures > div", { has: page.getByText(word, { exact: true }) }).locator("strong").textContent());
    assert.ok(await figure("Waiting for their time") >= 1);
    assert.ok(await figure("Payloads kept") >= 1);
    assert.equal(await figure("Past their time"), 0);
    const node = page.locator("tr", { has: page.getByText("There") });
    assert.match(await node.first().textContent(), /everything/);
    const html = await page.content();
    for (const hidden of ["Secret name", "secret-label", receiver.url, secret, id, waiting]) assert.ok(!html.includes(hidden), hidden);
  });
  receiver.stop();
});

test("the doctor is asked by a button, and says which rules hold", async () => {
  await World.make();
  await withPage({}, async (page) => {
    await signIn(page);
    await page.getByText("Nobody has asked for it").waitFor();
    await page.getByRole("button", { name: "Run the doctor" }).click();
    await page.getByText("Nothing is wrong.").waitFor();
    assert.equal(await page.locator(".checks li").count(), 12);
    assert.equal(await page.locator(".checks li", { hasText: "Holds" }).count(), 12);
  });
});

test("an operator sees nothing else, and nobody else sees this", async () => {
  const world = await World.make();
  const receiver = await startReceiver();
  const { id } = await world.endpoint(receiver);
  await withPage({ expected: [401, 403] }, async (page, context) => {
    const made = await signIn(page);
    for (const path of ["", "/deliveries", "/events", "/activity", "/api-keys", "/audit-log", `/${id}`, `/${id}/settings`]) {
      await page.goto(`${url}/webhooks${path}`);
      assert.equal(page.url(), PAGE, path);
    }
    const cookie = (await context.cookies()).map((one) => `${one.name}=${one.value}`).join("; ");
    const post = (path, origin = url) => fetch(url + path, { method: "POST", redirect: "manual", headers: { cookie, origin } });
    assert.equal((await post(`/webhooks/${id}/pause`)).status, 403);
    assert.equal((await post("/webhooks/system/doctor", "https://elsewhere.example")).status, 403);
    const api = await fetch(`${url}/v1/webhooks/endpoints`, { headers: { cookie: `${made.cookie_name}=${made.token}` } });
    assert.equal(api.status, 401);
  });
  for (const role of ["owner", "member"]) {
    await withPage({ expected: [403] }, async (page, context) => {
      await world.signIn(page, role);
      assert.equal((await page.goto(PAGE)).status(), 403);
      await page.getByText("for the operators of the installation").waitFor();
      const cookie = (await context.cookies()).map((one) => `${one.name}=${one.value}`).join("; ");
      const examined = await fetch(`${PAGE}/doctor`, { method: "POST", redirect: "manual", headers: { cookie, origin: url } });
      assert.equal(examined.status, 403);
    });
  }
  await withPage({ expected: [401] }, async (page) => {
    assert.equal((await page.goto(PAGE)).status(), 401);
  });
  receiver.stop();
});
