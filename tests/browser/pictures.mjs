// Takes the pictures of the pages for the documentation, in both themes. Run by `cargo xtask pictures`.

import { close, launch } from "./support/browser.mjs";
import { startReceiver } from "./support/receiver.mjs";
import { World, url } from "./support/world.mjs";

const folder = process.env.PICTURES;
const world = await World.make();
const [good, bad] = [await startReceiver(204), await startReceiver(204)];
await world.endpoint(good, { name: "Core banking", labels: ["production"], retry_schedule: "standard" });
const failing = await world.endpoint(bad, { name: "Fraud desk", labels: ["production", "team risk"], retry_schedule: "standard" });
const paused = await world.endpoint(good, { name: "Data warehouse", retry_schedule: "standard" });
const ended = async () => {
  const { deliveries } = await world.verification();
  for (const id of deliveries) await world.delivery(id, (one) => one.attempts.length > 0);
  return deliveries;
};
for (let before = 0; before < 9; before += 1) await ended();
bad.answer = 502;
await world.call("PATCH", `/v1/webhooks/endpoints/${paused.id}`, { enabled: false });
let last;
for (let since = 0; since < 4; since += 1) last = await ended();
const deliveries = await Promise.all(last.map((id) => world.call("GET", `/v1/webhooks/deliveries/${id}`)));
const waiting = deliveries.find((one) => one.webhook_endpoint_id === failing.id).id;
await world.delivery(waiting, (one) => one.attempts.length === 2);

const pages = {
  endpoints: "/webhooks",
  deliveries: "/webhooks/deliveries",
  delivery: `/webhooks/deliveries/${waiting}`,
  "new-endpoint": "/webhooks/new",
};
for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 320]) {
    const context = await (await launch()).newContext({ viewport: { width, height: 720 }, colorScheme, reducedMotion: "reduce" });
    const page = await context.newPage();
    await world.signIn(page);
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(url + path);
      await page.screenshot({ path: `${folder}/${name}-${colorScheme}-${width}.png` });
    }
    await context.close();
  }
}
await close();
process.exit(0);
