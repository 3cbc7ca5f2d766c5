import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, withPage } from "../support/browser.mjs";
import { World, url } from "../support/world.mjs";

after(close);

test("an API key is made with its scopes, shown once, refused, accepted and deleted", async () => {
  const world = await World.make();
  await withPage({ expected: [400] }, async (page) => {
    await world.signIn(page, "admin");
    await page.getByRole("link", { name: "API keys" }).click();
    await page.getByLabel("Name").fill("backend");
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByText("Choose at least one scope.").waitFor();
    await page.getByLabel("webhooks:read").check();
    await page.getByRole("button", { name: "Make it" }).click();
    const key = await page.locator(".secret code").textContent();
    assert.match(key, /^kk_[a-z0-9]{32}$/);
    const status = async () => {
      const answer = await fetch(`${url}/v1/webhooks/endpoints`, { headers: { authorization: `Bearer ${key}` } });
      return answer.status;
    };
    assert.equal(await status(), 200);
    await page.getByRole("button", { name: "I have stored it" }).click();
    assert.ok(!(await page.content()).includes(key));
    await page.goto(`${url}/webhooks/api-keys/new`);
    await page.getByText("It can no longer be shown").waitFor();

    await page.goto(`${url}/webhooks/api-keys`);
    const row = page.locator("tr", { hasText: "backend" });
    await row.getByRole("button", { name: "Refuse it" }).click();
    assert.equal(await status(), 401);
    await row.getByRole("button", { name: "Accept it" }).click();
    assert.equal(await status(), 200);
    await row.getByRole("link", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete it" }).click();
    await page.getByText("The key is deleted.").waitFor();
    assert.equal(await status(), 401);
    assert.equal(await row.count(), 0);
  });
});

test("a member sees neither API keys nor the audit log", async () => {
  const world = await World.make();
  await withPage({ expected: [403] }, async (page) => {
    await world.signIn(page, "member");
    for (const path of ["/webhooks/api-keys", "/webhooks/audit-log"]) {
      assert.equal((await page.goto(url + path)).status(), 403);
      await page.getByText(/Your role is member; admins and owners can/).waitFor();
    }
  });
});
