import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { createPrivateKey, createHmac, privateDecrypt, constants, createDecipheriv } from "node:crypto";
import { close, withPage } from "../support/browser.mjs";
import { startReceiver } from "../support/receiver.mjs";
import { World, jwk, pem, url } from "../support/world.mjs";

after(close);

/** Opens a compact JWE (RSA-OAEP-256, A256GCM). */
const decrypt = (jwe, privateKey) => {
  const [head, key, iv, text, tag] = jwe.split(".");
  const bytes = (part) => Buffer.from(part, "base64url");
  const content = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" }, bytes(key));
  const decipher = createDecipheriv("aes-256-gcm", content, bytes(iv));
  decipher.setAAD(Buffer.from(head));
  decipher.setAuthTag(bytes(tag));
  return JSON.parse(Buffer.concat([decipher.update(bytes(text)), decipher.final()]).toString());
};

test("an endpoint is set up from nothing to a delivery that its server can read", async () => {
  const world = await World.make();
  const receiver = await startReceiver(204);
  await withPage({ expected: [400], acceptDownloads: true }, async (page) => {
    const sent = [];
    page.on("request", (request) => sent.push(request.postData() ?? ""));
    await world.signIn(page, "admin");
    await page.getByRole("link", { name: "New endpoint" }).click();

    await page.getByLabel("URL").fill("ftp://example.com");
    await page.getByRole("button", { name: "Create it, paused" }).click();
    await page.getByText("The URL must use https").waitFor();
    assert.equal(await page.getByLabel("URL").inputValue(), "ftp://example.com");
    await page.getByLabel("URL").fill(receiver.url);
    await page.getByLabel("Name").fill("Core banking");
    await page.getByRole("button", { name: "Create it, paused" }).click();

    await page.waitForURL("**/setup/secret");
    const secret = await page.locator(".secret code").textContent();
    assert.match(secret, /^whsec_/);
    await page.reload();
    assert.equal(await page.locator(".secret code").textContent(), secret, "a reload does not lose it");
    await page.getByRole("button", { name: "I have stored it" }).click();

    await page.waitForURL("**/setup/key");
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Generate in this browser" }).click();
    const file = await (await download).path();
    await page.getByText("The private half was saved").waitFor();
    await page.getByRole("button", { name: "Add the key" }).click();
    await page.waitForURL("**/setup/test");
    const begin = page.url();
    await page.getByRole("button", { name: "Send a test" }).click();
    await page.waitForURL("**/deliveries/*");
    await page.getByRole("row", { name: "Answered 200 to 299 Yes" }).waitFor();
    await page.getByRole("row", { name: "Decrypted by your server Not told" }).waitFor();
    const [tried] = receiver.requests.splice(0);
    assert.equal(tried.headers["x-kayle-test"], "true");
    assert.equal(decrypt(tried.body, createPrivateKey(readFileSync(file))).metadata.test, true);
    await page.goto(begin);
    await page.getByRole("button", { name: "Begin to deliver" }).click();
    await page.getByText("Resumed").waitFor();

    const { deliveries: [delivery] } = await world.verification({ kayle_document_id: "doc_7" });
    await world.delivery(delivery, (one) => one.status === "succeeded");
    const [request] = receiver.requests;
    const [, t, v1] = request.headers["x-kayle-signature"].match(/t=(\d+),v1=([0-9a-f]+)/);
    assert.equal(createHmac("sha256", secret).update(`${t}.${request.body}`).digest("hex"), v1);
    const event = decrypt(request.body, createPrivateKey(readFileSync(file)));
    assert.equal(event.data.claims.kayle_document_id, "doc_7");

    await page.goBack();
    assert.ok(!(await page.content()).includes(secret));
    await page.goto(page.url().replace(/\/webhooks\/.*/, `/webhooks`));
    for (const body of sent) assert.ok(!body.includes("PRIVATE") && !body.includes("%22d%22"), "the private key stays");
    for (const path of ["/webhooks", "/webhooks/audit-log", "/webhooks/deliveries"]) {
      await page.goto(url + path);
      assert.ok(!(await page.content()).includes(secret), path);
    }
  });
  receiver.stop();
});

test("a public key is taken as openssl writes it, with and without a script", async () => {
  const world = await World.make();
  const receiver = await startReceiver(204);
  const { id } = await world.endpoint(receiver, {}, false);
  for (const javaScriptEnabled of [true, false]) {
    await withPage({ javaScriptEnabled, expected: [400] }, async (page) => {
      await world.signIn(page);
      await page.goto(`${url}/webhooks/${id}/keys`);
      await page.getByLabel("Your name for it").fill(`script-${javaScriptEnabled}`);
      await page.getByRole("textbox", { name: "Public key" }).fill(pem.slice(0, 200));
      await page.getByRole("button", { name: "Add the key" }).click();
      await page.getByText("This is not an RSA key, or a part of it is missing.").waitFor();
      await page.getByRole("textbox", { name: "Public key" }).fill(pem);
      await page.getByRole("button", { name: "Add the key" }).click();
      await page.getByText("Added: events that happen from now on").waitFor();
    });
    const keys = await world.call("GET", `/v1/webhooks/endpoints/${id}/keys`);
    const active = keys.find((key) => key.is_active);
    assert.deepEqual({ n: active.jwk.n, e: active.jwk.e }, { n: jwk.n, e: jwk.e });
  }
  receiver.stop();
});

test("a private key is refused before it is sent, and by the service too", async () => {
  const world = await World.make();
  const receiver = await startReceiver();
  const { id } = await world.endpoint(receiver, {}, false);
  const privateKey = "-----BEGIN PRIVATE KEY-----\nMIIEvgIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----";
  for (const javaScriptEnabled of [true, false]) {
    await withPage({ javaScriptEnabled, expected: [400] }, async (page) => {
      const sent = [];
      page.on("request", (request) => sent.push(request.postData() ?? ""));
      await world.signIn(page);
      await page.goto(`${url}/webhooks/${id}/keys`);
      await page.getByLabel("Your name for it").fill("mine");
      await page.getByRole("textbox", { name: "Public key" }).fill(privateKey);
      await page.getByRole("button", { name: "Add the key" }).click();
      await page.getByText("This is a private key.").waitFor();
      assert.ok(!(await page.content()).includes("MIIEvgIBADANBgkqhkiG9w0BAQEFAASC"), "it is not shown again");
      if (javaScriptEnabled) assert.ok(!sent.some((body) => body.includes("PRIVATE")), "it did not leave");
    });
  }
  assert.equal((await world.call("GET", `/v1/webhooks/endpoints/${id}/keys`)).length, 0);
  receiver.stop();
});

test("keys are added, taken out of use after a warning, and put back", async () => {
  const world = await World.make();
  const receiver = await startReceiver();
  const { id } = await world.endpoint(receiver, {}, false);
  await withPage({}, async (page) => {
    await world.signIn(page);
    await page.goto(`${url}/webhooks/${id}/keys`);
    await page.getByText("No active key").waitFor();
    await page.getByLabel("Your name for it").fill("first");
    await page.getByRole("textbox", { name: "Public key" }).fill(JSON.stringify(jwk));
    await page.getByRole("button", { name: "Add the key" }).click();
    await page.getByText("Added: events that happen from now on").waitFor();
    await page.getByRole("link", { name: "Deactivate" }).click();
    await page.getByText("every event that happens fails for good").waitFor();
    await page.getByRole("button", { name: "Deactivate it" }).click();
    await page.getByText("What happens now cannot be encrypted").waitFor();
    await page.getByRole("button", { name: "Reactivate" }).click();
    await page.getByText("Active again").waitFor();
  });
  receiver.stop();
});
