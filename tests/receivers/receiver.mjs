// A customer's webhook receiver, written from the contract alone.
//
// Usage: node receiver.mjs PRIVATE_KEY_PEM, with NODE_MODULES naming the folder that holds jose.
//
// Prints {"listening": PORT}, reads its signing secret from the first line of its standard input,
// then prints one line of JSON for each request: the decrypted event, or why it was refused.

import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const { compactDecrypt, importPKCS8 } = createRequire(join(process.env.NODE_MODULES, "x"))("jose");

const TOLERANCE_S = 300;

class Refused extends Error {}

const privateKey = await importPKCS8(readFileSync(process.argv[2], "utf8"), "RSA-OAEP-256");

const lines = createInterface({ input: process.stdin });
const signingSecret = new Promise((resolve) => lines.once("line", resolve));
lines.once("close", () => process.exit(0));

/** Checks the signature over the bytes as they arrived, and its age. */
function verify(secret, header, body) {
  const parts = header.split(",").map((part) => part.split("="));
  const values = (scheme) => parts.filter(([name]) => name === scheme).map(([, value]) => value);
  const [times, signatures] = [values("t"), values("v1")];
  if (times.length !== 1 || signatures.length !== 1 || !/^[0-9]+$/.test(times[0])) {
    throw new Refused("malformed signature header");
  }
  if (Math.abs(Date.now() / 1000 - Number(times[0])) > TOLERANCE_S) {
    throw new Refused("signature too old");
  }
  const expected = createHmac("sha256", secret).update(`${times[0]}.`).update(body).digest("hex");
  const given = Buffer.from(signatures[0]);
  if (given.length !== expected.length || !timingSafeEqual(given, Buffer.from(expected))) {
    throw new Refused("signature mismatch");
  }
}

/** Gives the key's label and the event. */
async function decrypt(body) {
  const decrypted = await compactDecrypt(body, privateKey, {
    keyManagementAlgorithms: ["RSA-OAEP-256"],
    contentEncryptionAlgorithms: ["A256GCM"],
  }).catch(() => {
    throw new Refused("not decryptable");
  });
  const header = decrypted.protectedHeader;
  if (Object.keys(header).sort().join() !== "alg,enc,kid") {
    throw new Refused("unexpected members in the JWE header");
  }
  return [header.kid, JSON.parse(new TextDecoder().decode(decrypted.plaintext))];
}

/** Verifies first, then decrypts. */
async function open(headers, body) {
  if (headers["content-type"] !== "application/jose") {
    throw new Refused("content type");
  }
  verify(await signingSecret, headers["x-kayle-signature"] ?? "", body);
  const [keyId, event] = await decrypt(body);
  if (event.type !== headers["x-kayle-event"]) {
    throw new Refused("the event header names another event");
  }
  const deliveryId = headers["x-kayle-delivery-id"] ?? "";
  if (!deliveryId.startsWith("whd_")) {
    throw new Refused("no delivery id");
  }
  return { delivery_id: deliveryId, key_id: keyId, event };
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  let said;
  try {
    said = await open(request.headers, Buffer.concat(chunks));
    response.writeHead(204).end();
  } catch (error) {
    if (!(error instanceof Refused)) {
      throw error;
    }
    said = { refused: error.message };
    response.writeHead(400).end();
  }
  console.log(JSON.stringify(said));
});

server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ listening: server.address().port }));
});
