// The list of endpoints says of each how its last day went, as the API counts it.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, admin, url } from "../support/world.mjs";

after(close);

test("each row and the figures above are what the API counts", async () => {
  const world = await World.make();
  const [good, bad] = [await startReceiver(204), await startReceiver(500)];
  const healthy = await world.endpoint(good, { name: "Healthy" });
  const failing = await world.endpoint(bad, { name: "Broken" });
  const keyless = await world.endpoint(good, { name: "Keyless" }, false);
  const deliveries = [];
  for (let made = 0; made < 3; made += 1) deliveries.push(...(await world.verification()).deliveries);
  for (const id of deliveries) await world.delivery(id, (one) => ["succeeded", "failed"].includes(one.status));
  const { key } = await admin("api-key", "create", "--organization", world.organization, "--name", "analyst", "--scope", "analytics:read");
  const ask = async (query) => {
    const answer = await fetch(`${url}/v1/analytics/webhooks?range=24h${query}`, { headers: { authorization: `Bearer ${key}` } });
    return (await answer.json()).data;
  };
  const until = Date.now() + 30_000;
  let all;
  while ((all = await ask("")).totals.deliveries.delivered !== 3 || all.totals.deliveries.exhausted !== 3) {
    assert.ok(Date.now() < until, "the deliveries are counted");
    await new Promise((go) => setTimeout(go, 200));
  }
  await withPage({}, async (page) => {
    await world.signIn(page);
    const row = (name) => page.locator("tbody tr", { has: page.getByRole("link", { name, exact: true }) });
    const day = (name) => row(name).locator(".day").textContent();
    assert.match(await day("Healthy"), /100 % 3 delivered$/);
    assert.match(await day("Broken"), /0 % 0 delivered, 3 failed$/);
    assert.match(await day("Keyless"), /0 % 0 delivered, 3 failed$/);
    for (const [name, { id }] of [["Healthy", healthy], ["Broken", failing], ["Keyless", keyless]]) {
      const { attempts } = (await ask(`&endpoint_id=${id}`)).totals;
      const hasAccepted = 0 < attempts.http_2xx, hasRefused = 0 < attempts.http_5xx;
      assert.equal((await row(name).locator("svg rect.ok").count()) > 0, hasAccepted, name);
      assert.equal((await row(name).locator("svg rect[fill]").count()) > 0, hasRefused, name);
    }
    await row("Broken").getByText("Failing").waitFor();
    await row("Keyless").getByRole("link", { name: "not encrypted" }).waitFor();
    await row("Healthy").getByText("none lately").waitFor();
    const figures = await page.locator(".figures strong").allTextContents();
    const { delivered, exhausted, unsendable } = all.totals.deliveries;
    assert.deepEqual(figures.map(Number), [delivered, exhausted + unsendable, all.now.pending, all.now.retained_payloads]);
    await row("Broken").getByRole("link", { name: "500" }).click();
    await page.waitForURL(/deliveries\/whd_/);
  });
  good.stop();
  bad.stop();
});
