import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, url } from "../support/world.mjs";

after(close);

test("settings are saved, and saving nothing says so", async () => {
  const world = await World.make();
  const receiver = await startReceiver();
  const { id } = await world.endpoint(receiver, { name: "Before" });
  await withPage({ expected: [400] }, async (page) => {
    await world.signIn(page, "admin");
    await page.goto(`${url}/webhooks/${id}/settings`);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Nothing was changed").waitFor();
    await page.getByLabel("Name", { exact: true }).fill("After");
    await page.getByLabel("Labels").fill("b, a, B");
    await page.getByText("Keep it 7 days").click();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    for (const box of await page.getByRole("checkbox").all()) await box.uncheck();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Choose at least one event.").waitFor();
  });
  const endpoint = await world.call("GET", `/v1/webhooks/endpoints/${id}`);
  assert.equal(endpoint.name, "After");
  assert.deepEqual(endpoint.labels, ["b", "a"]);
  assert.equal(endpoint.undelivered_payload_retention_hours, 168);
  assert.equal(endpoint.subscribed_event_types.length, 4);
  receiver.stop();
});

test("a secret is revealed to owners, replaced after a warning, and gone once one goes on", async () => {
  const world = await World.make();
  const receiver = await startReceiver();
  const { id, secret } = await world.endpoint(receiver);
  await withPage({}, async (page) => {
    await world.signIn(page, "admin");
    await page.goto(`${url}/webhooks/${id}/settings`);
    assert.ok(await page.getByRole("button", { name: "Reveal" }).isDisabled());
    await page.getByText("Your role is admin; owners can see the secret.").waitFor();
  });
  await withPage({}, async (page) => {
    await world.signIn(page, "owner");
    await page.goto(`${url}/webhooks/${id}/settings`);
    await page.getByRole("button", { name: "Reveal" }).click();
    assert.equal(await page.locator(".secret code").textContent(), secret);
    await page.getByRole("button", { name: "I have stored it" }).click();
    await page.goto(`${url}/webhooks/${id}/secret`);
    await page.getByText("It can no longer be shown here").waitFor();

    await page.goto(`${url}/webhooks/${id}/settings`);
    await page.getByRole("link", { name: "Replace it" }).click();
    await page.getByText("The old secret ends at once").waitFor();
    await page.getByRole("button", { name: "Replace it" }).click();
    assert.notEqual(await page.locator(".secret code").textContent(), secret);
    await page.goto(`${url}/webhooks/audit-log`);
    await page.getByText("webhook_endpoint.signing_secret.revealed").waitFor();
    await page.getByText("webhook_endpoint.signing_secret.rotated").waitFor();
  });
  receiver.stop();
});

test("an endpoint is deleted by whoever types its name", async () => {
  const world = await World.make();
  const receiver = await startReceiver(500);
  const { id } = await world.endpoint(receiver, { name: "Old one", retry_schedule: "standard" });
  const { deliveries: [delivery] } = await world.verification();
  await world.delivery(delivery, (one) => one.attempts.length > 0);
  await withPage({ expected: [400, 404] }, async (page) => {
    await world.signIn(page, "admin");
    await page.goto(`${url}/webhooks/${id}/delete`);
    await page.getByText("1 delivery waits; they fail, and their payloads are erased.").waitFor();
    await page.getByRole("textbox", { name: "Type" }).fill("Another");
    await page.getByRole("button", { name: "Delete it" }).click();
    await page.getByText("This is not its name.").waitFor();
    await page.getByRole("textbox", { name: "Type" }).fill("Old one");
    await page.getByRole("button", { name: "Delete it" }).click();
    await page.getByText("Deleted, with its secret").waitFor();
    assert.equal((await page.goto(`${url}/webhooks/${id}`)).status(), 404);
    await page.goto(`${url}/webhooks/deliveries/${delivery}`);
    await page.getByText("an endpoint that no longer exists").waitFor();
  });
  receiver.stop();
});
