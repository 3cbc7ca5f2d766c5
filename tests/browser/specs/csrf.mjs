import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, url } from "../support/world.mjs";

after(close);

test("a form from elsewhere changes nothing", async () => {
  const world = await World.make();
  const receiver = await startReceiver();
  const { id } = await world.endpoint(receiver);
  await withPage({}, async (page, context) => {
    await world.signIn(page);
    const cookie = (await context.cookies()).map((one) => `${one.name}=${one.value}`).join("; ");
    for (const origin of [undefined, "null", "https://elsewhere.example", `${url}.elsewhere.example`]) {
      const headers = { cookie, ...(origin && { origin }) };
      for (const path of [`/webhooks/${id}/pause`, "/webhooks/sign-out", "/webhooks/theme"]) {
        const answer = await fetch(url + path, { method: "POST", headers, redirect: "manual" });
        assert.equal(answer.status, 403, `${path} from ${origin}`);
        assert.equal(answer.headers.get("set-cookie"), null);
      }
    }
    const endpoint = await world.call("GET", `/v1/webhooks/endpoints/${id}`);
    assert.equal(endpoint.enabled, true);
    const own = await fetch(`${url}/webhooks/${id}/pause`, { method: "POST", headers: { cookie, origin: url }, redirect: "manual" });
    assert.equal(own.status, 303);
  });
  receiver.stop();
});

test("no link changes anything, whatever it leads to", async () => {
  const world = await World.make();
  const receiver = await startReceiver(500);
  const { id } = await world.endpoint(receiver);
  const { deliveries: [delivery] } = await world.verification();
  await world.delivery(delivery, (one) => one.status === "failed");
  const state = async () => JSON.stringify([
    await world.call("GET", "/v1/webhooks/endpoints"),
    await world.call("GET", `/v1/webhooks/endpoints/${id}/keys`),
    await world.call("GET", `/v1/webhooks/deliveries/${delivery}`),
  ]);
  const before = await state();
  await withPage({}, async (page) => {
    await world.signIn(page);
    const seen = new Set();
    const waiting = ["/webhooks"];
    while (waiting.length > 0) {
      const path = waiting.pop();
      if (seen.has(path)) continue;
      seen.add(path);
      const answer = await page.goto(url + path);
      assert.equal(answer.status(), 200, path);
      const links = await page.locator("a[href^='/webhooks']").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
      waiting.push(...links.filter((link) => !link.startsWith("/webhooks/assets")));
    }
    assert.ok(seen.has(`/webhooks/deliveries/${delivery}`) && seen.has(`/webhooks/${id}`));
  });
  assert.equal(await state(), before);
  receiver.stop();
});

test("every page forbids what it does not need", async () => {
  const world = await World.make();
  await withPage({}, async (page) => {
    await world.signIn(page);
    for (const path of ["/webhooks", "/webhooks/deliveries"]) {
      const answer = await page.goto(url + path);
      const policy = answer.headers()["content-security-policy"];
      assert.match(policy, /default-src 'none'; script-src 'self'/);
      assert.ok(!policy.includes("unsafe"));
      assert.equal(answer.headers()["cache-control"], "no-store");
      assert.equal(answer.headers()["x-content-type-options"], "nosniff");
      assert.equal(await page.locator("[style], [onclick], [hx-on], style, script:not([src])").count(), 0);
    }
  });
});
