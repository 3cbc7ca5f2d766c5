import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, url } from "../support/world.mjs";

after(close);

test("what failed is sent again, with the same bytes, and arrives", async () => {
  const world = await World.make();
  const receiver = await startReceiver(500);
  await world.endpoint(receiver);
  const { deliveries: [delivery] } = await world.verification();
  await world.delivery(delivery, (one) => one.status === "failed");
  const before = receiver.requests.length;
  receiver.answer = 204;
  await withPage({}, async (page) => {
    await world.signIn(page);
    await page.goto(`${url}/webhooks/deliveries/${delivery}`);
    await page.getByRole("button", { name: "Send again" }).click();
    await page.getByText("Sent again: a full schedule starts now").waitFor();
    await page.locator("#live .badge").getByText("Delivered").waitFor();
    await page.getByText("Asked for again").waitFor();
    assert.ok(await page.getByRole("button", { name: "Send again" }).isDisabled());
  });
  assert.equal(receiver.requests.length, before + 1);
  assert.equal(receiver.requests[before].body, receiver.requests[0].body);
  receiver.stop();
});

test("of two tabs that ask at once, the one that comes too late is told so", async () => {
  const world = await World.make();
  const receiver = await startReceiver(500);
  await world.endpoint(receiver);
  const { deliveries: [delivery] } = await world.verification();
  await world.delivery(delivery, (one) => one.status === "failed");
  receiver.answer = 204;
  await withPage({}, async (page, context) => {
    await world.signIn(page);
    await page.goto(`${url}/webhooks/deliveries/${delivery}`);
    const other = await context.newPage();
    await other.goto(`${url}/webhooks/deliveries/${delivery}`);
    await page.getByRole("button", { name: "Send again" }).click();
    await page.locator("#live .badge").getByText("Delivered").waitFor();
    await other.getByRole("button", { name: "Send again" }).click();
    await other.getByText("the payload is no longer kept").waitFor();
  });
  receiver.stop();
});
