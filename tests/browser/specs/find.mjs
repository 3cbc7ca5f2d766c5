import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, url } from "../support/world.mjs";

after(close);

test("every kind of id leads to its page, and a foreign or a malformed one to none", async () => {
  const [world, other] = [await World.make(), await World.make("Somebody Else")];
  const receiver = await startReceiver(500);
  const { id } = await world.endpoint(receiver);
  const { session, events: [event], deliveries: [delivery] } = await world.verification();
  await other.endpoint(receiver);
  const foreign = await other.verification();
  await withPage({ expected: [404] }, async (page) => {
    await world.signIn(page);
    const find = async (text) => {
      await page.keyboard.press("/");
      await page.keyboard.type(` ${text} `);
      await page.keyboard.press("Enter");
      await page.waitForLoadState();
    };
    for (const [text, page_] of [[id, `/webhooks/${id}`], [delivery, `/webhooks/deliveries/${delivery}`], [event, `/webhooks/events/${event}`], [session.id, `/webhooks/events?session=${session.id}`]]) {
      await find(text);
      await page.waitForURL(url + page_);
      await page.goto(`${url}/webhooks`);
    }
    await page.goto(`${url}/webhooks/events?session=${session.id}`);
    assert.equal(await page.locator("tbody tr").count(), 1);
    for (const text of [foreign.deliveries[0], foreign.events[0], foreign.session.id, "whd_unknown"]) {
      await find(text);
      await page.getByRole("heading", { name: "Not found" }).waitFor();
      await page.goto(`${url}/webhooks`);
    }
    await find("<b>");
    await page.getByRole("heading", { name: "Nothing to look for" }).waitFor();
  });
  receiver.stop();
});

test("an event is replayed at every endpoint", async () => {
  const world = await World.make();
  const receiver = await startReceiver(500);
  await world.endpoint(receiver, { name: "One" });
  await world.endpoint(receiver, { name: "Two" });
  const { events: [event], deliveries } = await world.verification();
  for (const id of deliveries) await world.delivery(id, (one) => one.status === "failed");
  receiver.answer = 204;
  await withPage({}, async (page) => {
    await world.signIn(page);
    await page.goto(`${url}/webhooks/events`);
    await page.getByRole("link", { name: "verification.session.succeeded" }).click();
    await page.getByText("2 of 2 can be sent again.").waitFor();
    await page.getByRole("button", { name: "Send all again" }).click();
    await page.getByText("Sent again, wherever").waitFor();
    for (const id of deliveries) await world.delivery(id, (one) => one.status === "succeeded");
    await page.reload();
    await page.getByText("2 of 2 delivered").waitFor();
    assert.ok(await page.getByRole("button", { name: "Send all again" }).isDisabled());
    assert.equal(page.url(), `${url}/webhooks/events/${event}`);
  });
  receiver.stop();
});
