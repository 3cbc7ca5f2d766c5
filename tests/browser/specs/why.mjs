import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, url } from "../support/world.mjs";

after(close);

const told = async (world, delivery, ...texts) => {
  await withPage({}, async (page) => {
    await world.signIn(page);
    await page.goto(`${url}/webhooks/deliveries/${delivery}`);
    for (const text of texts) await page.locator("main").getByText(text).first().waitFor();
  });
};

test("a refusal is told with its status and what follows", async () => {
  const world = await World.make();
  const receiver = await startReceiver(502);
  await world.endpoint(receiver, { retry_schedule: "standard" });
  const { deliveries: [delivery] } = await world.verification();
  await world.delivery(delivery, (one) => one.attempts.length > 0);
  await told(world, delivery, /Waiting for attempt/, /answered 502/, /planned in/);
  receiver.stop();
});

test("an attempt tells its phases, and which connection carried it", async () => {
  const world = await World.make();
  const receiver = await startReceiver(204);
  await world.endpoint(receiver);
  const { deliveries: [delivery] } = await world.verification();
  await world.delivery(delivery, (one) => one.status === "succeeded");
  await told(world, delivery, /A new connection to 127\.0\.0\.1\./, /^Connect /, /^First byte /);
  receiver.stop();
});

test("an event tells whom it was not sent to, and why", async () => {
  const world = await World.make();
  const receiver = await startReceiver(204);
  await world.endpoint(receiver, { name: "Told" });
  await world.endpoint(receiver, { name: "Of failures", subscribed_event_types: ["verification.session.failed"] });
  const paused = await world.endpoint(receiver, { name: "Asleep" });
  await world.call("PATCH", `/v1/webhooks/endpoints/${paused.id}`, { enabled: false });
  const { events: [event] } = await world.verification();
  await withPage({}, async (page) => {
    await world.signIn(page);
    await page.goto(`${url}/webhooks/events/${event}`);
    const list = page.getByRole("region", { name: "Not sent to" });
    await list.getByText("Of failures").waitFor();
    await list.getByText("It did not want events of this type.").waitFor();
    await list.getByText("It was paused.").waitFor();
    assert.equal(await list.getByText("Told").count(), 0);
    await list.getByRole("link", { name: "Asleep" }).click();
    await page.waitForURL(`**/webhooks/${paused.id}`);
  });
  receiver.stop();
});

test("nobody listening is told as no connection", async () => {
  const world = await World.make();
  const receiver = await startReceiver();
  await world.endpoint(receiver);
  receiver.stop();
  const { deliveries: [delivery] } = await world.verification();
  await world.delivery(delivery, (one) => one.status === "failed");
  await told(world, delivery, "Failed, kept", /no connection/, "Kept, encrypted, to be sent again");
});

test("an endpoint without a key is told to have none", async () => {
  const world = await World.make();
  const receiver = await startReceiver();
  await world.endpoint(receiver, {}, false);
  const { deliveries: [delivery] } = await world.verification();
  await told(world, delivery, "Failed, erased", "Never stored: there was no active key", "The payload is gone");
  receiver.stop();
});

test("a delivered one has nothing left to send", async () => {
  const world = await World.make();
  const receiver = await startReceiver(204);
  await world.endpoint(receiver);
  const { deliveries: [delivery] } = await world.verification();
  await world.delivery(delivery, (one) => one.status === "succeeded");
  await told(world, delivery, "Delivered", "Erased when it was delivered", "nothing is left to send");
  receiver.stop();
});

test("what waits behind a pause is held, and so it says", async () => {
  const world = await World.make();
  const receiver = await startReceiver(503);
  const { id } = await world.endpoint(receiver, { retry_schedule: "short" });
  const { deliveries: [delivery] } = await world.verification();
  await world.delivery(delivery, (one) => one.attempts.length > 0);
  await world.call("PATCH", `/v1/webhooks/endpoints/${id}`, { enabled: false });
  await withPage({}, async (page) => {
    await world.signIn(page);
    await page.goto(`${url}/webhooks/deliveries/${delivery}`);
    await page.locator("#live .badge").getByText("Held").waitFor();
    await page.goto(`${url}/webhooks/${id}`);
    await page.locator(".head .badge").getByText("Paused").waitFor();
  });
  receiver.stop();
});
