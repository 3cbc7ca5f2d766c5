import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { World, url } from "../support/world.mjs";

after(close);

test("whoever is not signed in is told how to get in, and nothing else", async () => {
  await withPage({ expected: [401] }, async (page) => {
    for (const path of ["/webhooks", "/webhooks/deliveries", "/webhooks/whe_x", "/webhooks/nothing/here"]) {
      const answer = await page.goto(url + path);
      assert.equal(answer.status(), 401);
      await page.getByText("You are not signed in").waitFor();
      await page.getByText("admin session-token create").waitFor();
    }
  });
});

test("a link signs in once, however often it was looked at", async () => {
  const world = await World.make();
  const link = await world.link("admin");
  // What previews a link fetches it.
  for (let look = 0; look < 3; look += 1) assert.equal((await fetch(link)).status, 200);
  await withPage({}, async (page, context) => {
    await page.goto(link);
    await page.getByText("Radium Institute").waitFor();
    await page.getByText("as admin").waitFor();
    const other = await context.newPage();
    await other.goto(link);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/webhooks");
    await page.getByText("You are signed in.").waitFor();

    const cookies = await context.cookies();
    const session = cookies.find((cookie) => cookie.name.endsWith("session_token"));
    assert.ok(session.httpOnly);
    assert.equal(session.sameSite, "Lax");

    await other.getByRole("button", { name: "Sign in" }).click();
    await other.getByText("was used already").waitFor();
    await page.reload();
    assert.equal(await page.getByText("You are signed in.").count(), 0, "the message is shown once");
  });
});

test("signing out ends the session in this browser", async () => {
  const world = await World.make();
  await withPage({ expected: [401] }, async (page) => {
    await world.signIn(page);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Signed out" }).waitFor();
    const answer = await page.goto(`${url}/webhooks`);
    assert.equal(answer.status(), 401);
  });
});

test("the looks are chosen by a form and kept", async () => {
  const world = await World.make();
  await withPage({ colorScheme: "light" }, async (page) => {
    await world.signIn(page);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(await ground(), "rgb(246, 247, 249)");
    await page.goto(`${url}/webhooks/deliveries?state=failed`);
    await page.getByRole("button", { name: "Dark" }).click();
    await page.waitForURL("**/webhooks/deliveries?state=failed");
    assert.equal(await ground(), "rgb(14, 17, 22)");
  });
});
