import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, url } from "../support/world.mjs";

after(close);

const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "\"><script>alert(1)</script>",
  "{{ 7 * 7 }} ${7*7} <%= 7 %>",
  "\u202Eesrever \u2066right to left\u2069 שלום",
  "x".repeat(120),
];

test("what a person wrote is text, wherever it is shown", async () => {
  const receiver = await startReceiver(500);
  for (const name of HOSTILE) {
    const world = await World.make(name);
    const path = `${receiver.url}?${"q".repeat(1900)}<b>`;
    const { id } = await world.endpoint({ url: path }, { name, labels: [name.slice(0, 40)] });
    const { deliveries: [delivery] } = await world.verification();
    await world.delivery(delivery, (one) => one.status === "failed");
    await withPage({ viewport: { width: 320, height: 800 } }, async (page) => {
      page.on("dialog", () => assert.fail("a script of theirs ran"));
      await world.signIn(page);
      for (const target of ["/webhooks", `/webhooks/${id}`, "/webhooks/deliveries", `/webhooks/deliveries/${delivery}`]) {
        await page.goto(url + target);
        assert.equal(await page.locator("main img, main b, main script").count(), 0, target);
        const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(beyond <= 0, `${target} scrolls sideways by ${beyond} with ${name}`);
      }
      await page.goto(`${url}/webhooks/${id}`);
      assert.equal((await page.locator("h1").textContent()).trim(), name.trim());
    });
  }
  receiver.stop();
});

test("what is in an address is not repeated as markup", async () => {
  const world = await World.make();
  await withPage({ expected: [404, 401] }, async (page) => {
    await world.signIn(page);
    const marked = encodeURIComponent("\"><script>alert(1)</script>");
    for (const path of [`/webhooks/${marked}`, `/webhooks/deliveries/${marked}`, `/webhooks/deliveries?state=${marked}`, `/webhooks/sign-in?code=${marked}`]) {
      await page.goto(url + path);
      assert.equal(await page.locator("script:not([src])").count(), 0, path);
    }
  });
});
