import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, url } from "../support/world.mjs";

after(close);

const failed = async (world) => {
  const { session, deliveries } = await world.verification();
  for (const delivery of deliveries) await world.delivery(delivery, (one) => one.status === "failed");
  return { session, deliveries };
};

for (const javaScriptEnabled of [true, false]) {
  test(`what was counted is sent again, and what fails later is not, script ${javaScriptEnabled ? "on" : "off"}`, async () => {
    const world = await World.make();
    const receiver = await startReceiver(500);
    await world.endpoint(receiver, { name: "Core banking" });
    const counted = [await failed(world), await failed(world)].flatMap((one) => one.deliveries);
    await withPage({ javaScriptEnabled }, async (page) => {
      await world.signIn(page);
      await page.goto(`${url}/webhooks/deliveries?state=failed`);
      await page.getByRole("link", { name: "Send all that failed again" }).click();
      await page.getByText("2 deliveries failed for good between").waitFor();
      await page.getByText("2 deliveries will be sent again").waitFor();
      const { deliveries: [later] } = await failed(world);
      receiver.answer = 204;
      await page.getByRole("button", { name: "Send them again" }).click();
      await page.getByText("2 deliveries are sent again: a full schedule starts now.").waitFor();
      await page.getByText("Nothing failed in this time").waitFor();
      for (const id of counted) await world.delivery(id, (one) => one.status === "succeeded");
      assert.equal((await world.delivery(later, () => true)).status, "failed");

      // Counted anew, the later one is there.
      await page.getByRole("button", { name: "Count" }).click();
      await page.getByText("1 delivery will be sent again").waitFor();
    });
    receiver.stop();
  });
}

test("what cannot be sent is told apart, and the button is off when nothing can", async () => {
  const world = await World.make();
  const receiver = await startReceiver(500);
  // Of the withdrawal neither is told: that delivery would fail sooner or later, too.
  const results = { subscribed_event_types: ["verification.session.succeeded"] };
  const kept = await world.endpoint(receiver, { name: "Keeps", ...results });
  await world.endpoint(receiver, { name: "Forgets", undelivered_payload_retention_hours: 0, ...results });
  await failed(world);
  const { session } = await failed(world);
  await world.withdraw(session);
  await withPage({ expected: [400] }, async (page) => {
    await world.signIn(page);
    await page.goto(`${url}/webhooks/deliveries/retry`);
    await page.getByText("1 delivery will be sent again").waitFor();
    await page.getByText("cannot be sent").waitFor();
    await page.getByText("1 delivery stays erased: the person withdrew.").waitFor();

    await page.getByLabel("Endpoint").selectOption({ label: "Forgets" });
    await page.getByRole("button", { name: "Count" }).click();
    await page.getByText("Nothing is left to send.").waitFor();
    assert.ok(await page.getByRole("button", { name: "Send them again" }).isDisabled());

    await page.goto(`${url}/webhooks/${kept.id}`);
    await page.getByRole("link", { name: "Send all that failed again" }).click();
    await page.getByText("1 delivery will be sent again").waitFor();
    assert.equal(await page.getByLabel("Endpoint").inputValue(), kept.id);
    await page.getByLabel("Last result").selectOption({ label: "timeout" });
    await page.getByRole("button", { name: "Count" }).click();
    await page.getByText("Nothing failed in this time").waitFor();

    await page.getByLabel("Failed since").fill("2999-01-01T00:00:00");
    await page.getByRole("button", { name: "Count" }).click();
    await page.getByText("This time is still to come.").waitFor();
  });
  receiver.stop();
});

test("of two tabs that ask at once, the second is told that nothing was left", async () => {
  const world = await World.make();
  const receiver = await startReceiver(500);
  await world.endpoint(receiver);
  const { deliveries: [delivery] } = await failed(world);
  receiver.answer = 204;
  await withPage({}, async (page, context) => {
    await world.signIn(page);
    await page.goto(`${url}/webhooks/deliveries/retry`);
    const other = await context.newPage();
    await other.goto(`${url}/webhooks/deliveries/retry`);
    await page.getByRole("button", { name: "Send them again" }).click();
    await page.getByText("1 delivery is sent again").waitFor();
    await world.delivery(delivery, (one) => one.status === "succeeded");
    await other.getByRole("button", { name: "Send them again" }).click();
    await other.getByText("Nothing is sent again. Counted before: 1;").waitFor();
  });
  receiver.stop();
});
