import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, url } from "../support/world.mjs";

after(close);

test("a delivery that waits becomes delivered without a reload, and then is left alone", async () => {
  const world = await World.make();
  const receiver = await startReceiver(503);
  await world.endpoint(receiver, { retry_schedule: "standard" });
  const { deliveries: [delivery] } = await world.verification();
  await world.delivery(delivery, (one) => one.attempts.length > 0);
  await withPage({}, async (page) => {
    await world.signIn(page);
    await page.goto(`${url}/webhooks/deliveries/${delivery}`);
    await page.evaluate(() => { window.sameDocument = true; });
    const copy = page.getByRole("button", { name: "Copy the delivery's id" });
    await copy.focus();
    receiver.answer = 204;
    await page.locator("#live .badge").getByText("Delivered").waitFor();
    assert.equal(await page.evaluate(() => window.sameDocument), true);
    assert.ok(await copy.evaluate((button) => button === document.activeElement), "the focus stays");
    assert.equal(await page.locator("[data-live]").count(), 0, "nothing asks any more");
  });
  receiver.stop();
});

test("a page that gets no answer says how old it is, and goes on", async () => {
  const world = await World.make();
  const receiver = await startReceiver(503);
  await world.endpoint(receiver, { retry_schedule: "standard" });
  const { deliveries: [delivery] } = await world.verification();
  await world.delivery(delivery, (one) => one.attempts.length > 0);
  await withPage({ expected: [503] }, async (page) => {
    await world.signIn(page);
    await page.goto(`${url}/webhooks/deliveries/${delivery}`);
    const answer = (route) => route.fulfill({ status: 503, body: "<p>no</p>", contentType: "text/html" });
    await page.route("**/deliveries/**", answer);
    await page.getByText("Shown as of").waitFor();
    await page.unroute("**/deliveries/**", answer);
    await page.getByText("Shown as of").waitFor({ state: "hidden" });
  });
  receiver.stop();
});
