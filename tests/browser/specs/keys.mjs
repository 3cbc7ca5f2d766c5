import assert from "node:assert/strict";
import { after, test } from "node:test";
import { constants, createDecipheriv, privateDecrypt } from "node:crypto";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, jwk, privatePem, url } from "../support/world.mjs";

after(close);

/** Opens a compact JWE (RSA-OAEP-256, A256GCM). */
const decrypt = (jwe) => {
  const [head, key, iv, text, tag] = jwe.split(".");
  const bytes = (part) => Buffer.from(part, "base64url");
  const content = privateDecrypt({ key: privatePem, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" }, bytes(key));
  const decipher = createDecipheriv("aes-256-gcm", content, bytes(iv));
  decipher.setAAD(Buffer.from(head));
  decipher.setAuthTag(bytes(tag));
  return Buffer.concat([decipher.update(bytes(text)), decipher.final()]).toString();
};

const keysOf = (world, id) => world.call("GET", `/v1/webhooks/endpoints/${id}/keys`);

test("a key is proven with its private half, which stays in the browser", async () => {
  const world = await World.make();
  const receiver = await startReceiver();
  const { id } = await world.endpoint(receiver);
  await withPage({}, async (page) => {
    const sent = [];
    page.on("request", (request) => sent.push(request.postData() ?? ""));
    await world.signIn(page, "admin");
    await page.goto(`${url}/webhooks/${id}/keys`);
    await page.getByText("Not proven").waitFor();
    await page.getByText("2048 bits", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Prove specs-1" }).click();
    await page.getByRole("button", { name: "Show an encrypted text" }).click();

    const file = page.locator("[data-proof-file]");
    const upload = (text) => file.setInputFiles({ name: "private.pem", mimeType: "text/plain", buffer: Buffer.from(text) });
    await upload("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----");
    await page.getByText("It cannot be decrypted with this file").waitFor();
    await upload(privatePem);
    await page.waitForFunction(() => document.querySelector("#nonce").value !== "");
    await page.getByRole("button", { name: "Prove the key" }).click();
    await page.getByText("Proven: you have the private half.").waitFor();
    const secret = privatePem.split("\n")[3];
    for (const body of sent) assert.ok(!body.includes("PRIVATE") && !decodeURIComponent(body).includes(secret), "the private key stays");
  });
  const [key] = await keysOf(world, id);
  assert.equal(key.proven_by, "caller");
  receiver.stop();
});

test("without a script, a text is decrypted elsewhere; a wrong answer has to be asked anew", async () => {
  const world = await World.make();
  const receiver = await startReceiver();
  const { id } = await world.endpoint(receiver);
  await withPage({ javaScriptEnabled: false, expected: [400, 409] }, async (page) => {
    await world.signIn(page, "admin");
    await page.goto(`${url}/webhooks/${id}/keys`);
    await page.getByRole("link", { name: "Prove specs-1" }).click();
    const prove = async (answer) => {
      await page.getByLabel("What is in it").fill(answer);
      await page.getByRole("button", { name: "Prove the key" }).click();
    };
    await page.getByRole("button", { name: "Show an encrypted text" }).click();
    await prove("a guess");
    await page.getByText("That is not what was in it").waitFor();
    assert.equal((await keysOf(world, id))[0].proven_at, null);
    await page.getByRole("button", { name: "Show an encrypted text" }).click();
    await prove(` ${decrypt(await page.locator("[data-challenge]").textContent())} `);
    await page.getByText("Proven: you have the private half.").waitFor();
  });
  assert.ok((await keysOf(world, id))[0].proven_at);
  receiver.stop();
});

test("before a key is taken out of use, one reads how many deliveries need it", async () => {
  const world = await World.make();
  const receiver = await startReceiver(500);
  const { id } = await world.endpoint(receiver, { retry_schedule: "standard" });
  const { deliveries: [delivery] } = await world.verification();
  await world.delivery(delivery, (one) => one.attempts.length > 0);
  await world.call("PATCH", `/v1/webhooks/endpoints/${id}`, { enabled: false });
  await world.call("POST", `/v1/webhooks/endpoints/${id}/keys`, {
    key_id: "coming", algorithm: "RSA-OAEP-256", key_type: "RSA", jwk, activate: false,
  });
  await withPage({}, async (page) => {
    await world.signIn(page, "admin");
    await page.goto(`${url}/webhooks/${id}/keys`);
    const row = (name) => page.getByRole("row").filter({ hasText: name });
    await row("specs-1").getByText("1 delivery").waitFor();
    await row("coming").getByText("no delivery").waitFor();
    await page.getByRole("link", { name: "Deactivate" }).click();
    await page.getByText("still needs the private half: 1 delivery").waitFor();
  });
  receiver.stop();
});

test("members see whether keys are proven, and prove none", async () => {
  const world = await World.make();
  const receiver = await startReceiver();
  const { id } = await world.endpoint(receiver);
  const [key] = await keysOf(world, id);
  await withPage({}, async (page) => {
    await world.signIn(page, "member");
    await page.goto(`${url}/webhooks/${id}/keys/${key.id}/proof`);
    await page.getByText("Not proven").waitFor();
    assert.ok(await page.getByRole("button", { name: "Show an encrypted text" }).isDisabled());
  });
  receiver.stop();
});
