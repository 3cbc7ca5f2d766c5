// What a form says is taken as it is, or not at all; and a page that answers to one is a page.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, url } from "../support/world.mjs";

after(close);

const cookiesOf = async (context) => (await context.cookies()).map((one) => `${one.name}=${one.value}`).join("; ");

test("the colours can be chosen on a page that answers to a form", async () => {
  const world = await World.make();
  const receiver = await startReceiver();
  const { id } = await world.endpoint(receiver);
  await withPage({ expected: [400, 404] }, async (page) => {
    await world.signIn(page);
    const settings = `${url}/webhooks/${id}/settings`;
    const choose = async (theme) => {
      await page.getByRole("button", { name: theme, exact: true }).click();
      await page.waitForURL(settings);
      await page.locator(`html[data-theme="${theme.toLowerCase()}"]`).waitFor();
      await page.getByRole("heading", { name: "Settings", exact: true }).waitFor();
    };
    await page.goto(settings);
    for (const box of await page.getByRole("checkbox").all()) await box.uncheck();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Choose at least one event.").waitFor();
    await choose("Dark");
    // Where this form leads to, there is no page.
    await page.evaluate((action) => {
      const form = Object.assign(document.createElement("form"), { method: "post", action });
      document.body.append(form);
      form.submit();
    }, `/webhooks/${id}/keys/whk_unknown/reactivate`);
    await page.getByRole("heading", { name: "Not found" }).waitFor();
    await choose("Light");
  });
  receiver.stop();
});

test("what is not offered is refused, and not replaced by something else", async () => {
  const world = await World.make();
  const receiver = await startReceiver();
  const { id } = await world.endpoint(receiver);
  await withPage({}, async (page, context) => {
    await world.signIn(page);
    const post = async (fields) => {
      const answer = await fetch(`${url}/webhooks/${id}/settings`, {
        method: "POST", redirect: "manual", body: new URLSearchParams(fields),
        headers: { cookie: await cookiesOf(context), origin: url },
      });
      return [answer.status, await answer.text()];
    };
    const good = { url: receiver.url, event: "verification.session.failed", retention: "24", schedule: "short" };
    for (const [member, value] of [["retention", "25"], ["retention", "soon"], ["retention", ""], ["schedule", "daily"]]) {
      const [status, text] = await post({ ...good, [member]: value });
      assert.equal(status, 400, `${member} ${value}`);
      assert.match(text, /Choose one of these\./);
    }
    const [status, text] = await post({ ...good, name: "x".repeat(70_000) });
    assert.equal(status, 413);
    assert.match(text, /longer than any form here/);
    const before = await world.call("GET", `/v1/webhooks/endpoints/${id}`);
    assert.equal(before.undelivered_payload_retention_hours, 72);
    assert.equal((await post(good))[0], 303);
    const after = await world.call("GET", `/v1/webhooks/endpoints/${id}`);
    assert.equal(after.undelivered_payload_retention_hours, 24);
  });
  receiver.stop();
});

test("a chosen endpoint stays chosen, however many there are", async () => {
  const world = await World.make();
  const receiver = await startReceiver(500);
  const oldest = await world.endpoint(receiver, { name: "The oldest" });
  const { deliveries: [failed] } = await world.verification();
  await world.delivery(failed, (one) => one.status === "failed");
  for (let made = 0; made < 100; made += 1) {
    await world.call("POST", "/v1/webhooks/endpoints", { url: receiver.url, name: `Number ${made}`, enabled: false });
  }
  await withPage({}, async (page) => {
    await world.signIn(page);
    for (const path of ["/webhooks/deliveries", "/webhooks/deliveries/retry"]) {
      await page.goto(`${url}${path}?endpoint=${oldest.id}`);
      assert.equal(await page.getByLabel("Endpoint").inputValue(), oldest.id, path);
      await page.getByRole("option", { name: "The oldest" }).waitFor({ state: "attached" });
    }
    await page.getByRole("button", { name: "Count" }).click();
    await page.waitForURL(new RegExp(`endpoint=${oldest.id}`));
    await page.getByText("1 delivery will be sent again").waitFor();
  });
  receiver.stop();
});
