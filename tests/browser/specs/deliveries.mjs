import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, url } from "../support/world.mjs";

after(close);

test("filters are in the address, each narrows the list, and pages keep them", async () => {
  const world = await World.make();
  const [good, bad] = [await startReceiver(204), await startReceiver(500)];
  const accepting = await world.endpoint(good, { name: "Accepting" });
  const failing = await world.endpoint(bad, { name: "Failing" });
  let last;
  for (let event = 0; event < 22; event += 1) last = await world.verification();
  for (const id of last.deliveries) await world.delivery(id, (one) => ["succeeded", "failed"].includes(one.status));

  await withPage({}, async (page) => {
    await world.signIn(page);
    await page.goto(`${url}/webhooks/deliveries`);
    const rows = page.locator("tbody tr");
    assert.equal(await rows.count(), 20);

    await page.getByLabel("State").selectOption("failed");
    await page.getByLabel("Endpoint").selectOption({ label: "Failing" });
    await page.getByRole("button", { name: "Filter" }).click();
    await page.waitForURL(`**/webhooks/deliveries?state=failed&endpoint=${failing.id}`);
    assert.equal(await rows.count(), 20);
    assert.deepEqual([...new Set(await page.locator("tbody .badge").allInnerTexts())], ["Failed, kept"]);

    await page.getByRole("link", { name: "Older" }).click();
    assert.equal(await rows.count(), 2);
    assert.equal(await page.getByLabel("State").inputValue(), "failed");
    assert.match(page.url(), new RegExp(`endpoint=${failing.id}`));
    await page.getByRole("link", { name: "Newest" }).click();
    assert.equal(await rows.count(), 20);

    await page.goto(`${url}/webhooks/deliveries?state=failed&endpoint=${accepting.id}`);
    await page.getByRole("heading", { name: "Nothing matches" }).waitFor();
  });
  good.stop();
  bad.stop();
});

test("an empty list says what will be there", async () => {
  const world = await World.make();
  await withPage({}, async (page) => {
    await world.signIn(page);
    await page.getByRole("heading", { name: "No endpoints yet" }).waitFor();
    await page.goto(`${url}/webhooks/deliveries`);
    await page.getByRole("heading", { name: "No deliveries yet" }).waitFor();
  });
});

test("a filter that names nothing is not left out", async () => {
  const world = await World.make();
  await withPage({ expected: [404] }, async (page) => {
    await world.signIn(page);
    for (const query of ["state=broken", "endpoint=x%20y", "after=whd_unknown"]) {
      const answer = await page.goto(`${url}/webhooks/deliveries?${query}`);
      assert.equal(answer.status(), 404, query);
    }
  });
});
