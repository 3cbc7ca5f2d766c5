import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, admin, url } from "../support/world.mjs";

after(close);

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe finds, in a line each. */
const violations = async (page) => {
  // The page's own policy admits no foreign script; the tool comes in beside it.
  await page.evaluate(axe);
  const found = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), TAGS);
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(", ")}`);
};

const scene = async () => {
  const world = await World.make();
  const [good, bad] = [await startReceiver(204), await startReceiver(502)];
  const healthy = await world.endpoint(good, { name: "Core banking", labels: ["production"] });
  const failing = await world.endpoint(bad, { name: "Fraud desk" });
  const waiting = await world.endpoint(bad, { name: "Slow", retry_schedule: "standard" });
  const keyless = await world.endpoint(good, { name: "Without a key" }, false);
  const { deliveries, events } = await world.verification();
  await new Promise((go) => setTimeout(go, 0));
  const ends = ["succeeded", "failed"];
  for (const id of deliveries) {
    await world.delivery(id, (one) => ends.includes(one.status) || (one.webhook_endpoint_id ?? one.endpoint_id) === waiting.id && one.attempts.length > 0);
  }
  await world.call("PATCH", `/v1/webhooks/endpoints/${waiting.id}`, { enabled: false });
  const stop = () => { good.stop(); bad.stop(); };
  const [key] = await world.call("GET", `/v1/webhooks/endpoints/${healthy.id}/keys`);
  const pages = [
    "/webhooks", `/webhooks/${healthy.id}`, `/webhooks/${failing.id}`, `/webhooks/${waiting.id}`, `/webhooks/${keyless.id}`,
    "/webhooks/deliveries", "/webhooks/deliveries?state=delivering", "/webhooks/deliveries?state=failed", "/webhooks/deliveries/retry", `/webhooks/deliveries/retry?endpoint=${healthy.id}`, ...deliveries.map((id) => `/webhooks/deliveries/${id}`),
    "/webhooks/nothing", "/webhooks/new", "/webhooks/activity", "/webhooks/activity?range=1h", "/webhooks/events", `/webhooks/events/${events[0]}`, "/webhooks/api-keys", "/webhooks/audit-log",
    ...["keys", "settings", "rotate", "delete", "secret", "setup/key", "setup/test", `keys/${key.id}/proof`, `keys/${key.id}/deactivate`].map((page) => `/webhooks/${healthy.id}/${page}`),
  ];
  return { world, pages, stop, events, endpoint: healthy.id };
};

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing in any page, ${colorScheme}, wide and narrow`, async () => {
    const { world, pages, stop } = await scene();
    for (const role of ["owner", "member"]) {
      await withPage({ colorScheme, reducedMotion: "reduce", bypassCSP: true, expected: [401, 403, 404] }, async (page) => {
        await page.goto(`${url}/webhooks`);
        assert.deepEqual(await violations(page), [], "signed out");
        await world.signIn(page, role);
        // What a role changes is the same at every width.
        for (const width of role === "owner" ? [1280, 320] : [1280]) {
          await page.setViewportSize({ width, height: 800 });
          for (const path of pages) {
            await page.goto(url + path);
            assert.deepEqual(await violations(page), [], `${path} at ${width} as ${role}`);
            const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
            assert.ok(beyond <= 0, `${path} at ${width} scrolls sideways by ${beyond}`);
          }
        }
      });
    }
    stop();
  });
}

test("axe finds nothing in the page of operators", async () => {
  await World.make();
  const receiver = await startReceiver(500);
  const world = await World.make("Busy Institute");
  await world.endpoint(receiver);
  await world.verification();
  for (const colorScheme of ["light", "dark"]) {
    await withPage({ colorScheme, reducedMotion: "reduce", bypassCSP: true }, async (page) => {
      const made = await admin("session-token", "create", "--operator");
      await page.goto(made.sign_in_url.replace(/^https?:\/\/[^/]+/, url));
      assert.deepEqual(await violations(page), [], "signing in");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL("**/webhooks/system");
      await page.getByRole("button", { name: "Run the doctor" }).click();
      await page.getByText("Nothing is wrong.").waitFor();
      for (const width of [1280, 320]) {
        await page.setViewportSize({ width, height: 800 });
        assert.deepEqual(await violations(page), [], `${colorScheme} at ${width}`);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      }
    });
  }
  receiver.stop();
});

test("with the keyboard alone, a failure is found and sent again", async () => {
  const world = await World.make();
  const receiver = await startReceiver(500);
  await world.endpoint(receiver);
  const { deliveries: [delivery] } = await world.verification();
  await world.delivery(delivery, (one) => one.status === "failed");
  receiver.answer = 204;
  await withPage({}, async (page) => {
    await world.signIn(page);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await page.waitForURL("**/webhooks/deliveries");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/webhooks/deliveries/${delivery}`);
    await page.keyboard.press("r");
    await page.keyboard.press("Enter");
    await page.getByText("Sent again").waitFor();
    await page.keyboard.press("?");
    await page.getByRole("heading", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "Keys" }).waitFor({ state: "detached" });
  });
  receiver.stop();
});
