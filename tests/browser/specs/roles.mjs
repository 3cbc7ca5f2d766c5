import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, admin, url } from "../support/world.mjs";

after(close);

const failed = async (world, receiver) => {
  const { id } = await world.endpoint(receiver, { name: "Receiving" });
  const { deliveries: [delivery] } = await world.verification();
  await world.delivery(delivery, (one) => one.status === "failed");
  return { endpoint: id, delivery };
};

test("a member reads everything, changes nothing, and is told who may", async () => {
  const world = await World.make();
  const receiver = await startReceiver(500);
  const { endpoint, delivery } = await failed(world, receiver);
  await withPage({ expected: [403] }, async (page) => {
    await world.signIn(page, "member");
    await page.goto(`${url}/webhooks/deliveries/${delivery}`);
    assert.ok(await page.getByRole("button", { name: "Send again" }).isDisabled());
    await page.getByText("Your role is member; admins and owners can send it again.").waitFor();
    await page.goto(`${url}/webhooks/${endpoint}`);
    assert.ok(await page.getByRole("button", { name: "Pause" }).isDisabled());

    await page.goto(`${url}/webhooks/deliveries/retry`);
    await page.getByText("1 delivery will be sent again").waitFor();
    assert.ok(await page.getByRole("button", { name: "Send them again" }).isDisabled());
    const all = await page.evaluate(async () => (await fetch("/webhooks/deliveries/retry", { method: "POST" })).status);
    assert.equal(all, 403);

    // A form that was not there is refused all the same.
    const answer = await page.evaluate(async (path) => (await fetch(path, { method: "POST" })).status, `/webhooks/deliveries/${delivery}/retry`);
    assert.equal(answer, 403);
  });
  const stored = await world.call("GET", `/v1/webhooks/deliveries/${delivery}`);
  assert.equal(stored.status, "failed");
  receiver.stop();
});

test("an admin pauses and resumes", async () => {
  const world = await World.make();
  const receiver = await startReceiver(500);
  const { endpoint } = await failed(world, receiver);
  await withPage({}, async (page) => {
    await world.signIn(page, "admin");
    await page.goto(`${url}/webhooks/${endpoint}`);
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("Paused. Deliveries wait until you resume.").waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByText("Everything that waited goes out now.").waitFor();
  });
  receiver.stop();
});

test("in an organization that is about to be deleted, everybody only reads", async () => {
  const world = await World.make();
  const receiver = await startReceiver(500);
  const { endpoint } = await failed(world, receiver);
  await withPage({}, async (page) => {
    await world.signIn(page, "owner");
    await admin("organization", "freeze", world.organization);
    await page.goto(`${url}/webhooks/${endpoint}`);
    await page.getByText("You can read everything and change nothing.").waitFor();
    assert.ok(await page.getByRole("button", { name: "Pause" }).isDisabled());
  });
  receiver.stop();
});
