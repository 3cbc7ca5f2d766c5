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
