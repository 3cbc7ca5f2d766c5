import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, url } from "../support/world.mjs";

after(close);

test("another organization's ids lead nowhere, and no page shows anything of it", async () => {
  const [own, other] = [await World.make("Own"), await World.make("Somebody Else")];
  const receiver = await startReceiver(500);
  const { id } = await other.endpoint(receiver, { name: "Their endpoint" });
  const { deliveries: [delivery] } = await other.verification();
  await other.delivery(delivery, (one) => one.status === "failed");
  await withPage({ expected: [403, 404] }, async (page) => {
    await own.signIn(page);
    const paths = [`/webhooks/${id}`, `/webhooks/deliveries/${delivery}`, `/webhooks/deliveries?endpoint=${id}`, `/webhooks/deliveries?after=${delivery}`, "/webhooks", "/webhooks/deliveries"];
    for (const path of paths) {
      await page.goto(url + path);
      const text = await page.locator("body").innerText();
      assert.ok(!text.includes("Their endpoint") && !text.includes("Somebody Else"), path);
    }
    assert.equal((await page.goto(`${url}/webhooks/deliveries/${delivery}`)).status(), 404);
    for (const path of [`/webhooks/deliveries/${delivery}/retry`, `/webhooks/${id}/pause`]) {
      const status = await page.evaluate(async (target) => (await fetch(target, { method: "POST" })).status, path);
      assert.equal(status, 404, path);
    }
  });
  const stored = await other.call("GET", `/v1/webhooks/deliveries/${delivery}`);
  assert.equal(stored.status, "failed");
  receiver.stop();
});
