// Writes jose.json: what this crate must read, made by jose and Node's own crypto.
//
//     npm install jose@6.2.17    (Node 20)
//     node make_with_jose.mjs > jose.json

import { createHmac, hkdfSync } from "node:crypto";
import * as jose from "jose";

const SECRET_KEY = Buffer.from([...Array(32).keys()]);
const ISSUED_AT = 1_777_978_800;
const EXPIRES_AT = ISSUED_AT + 3600;
const USER = "7f0c1f6e-6a55-4d1c-9a3b-0d8a6a0e6f11";
const ORGANIZATION = "0b8f5b1e-3a55-4a0e-8a3b-5d8a6a0e6f22";

const subkey = (label) =>
  new Uint8Array(hkdfSync("sha256", SECRET_KEY, "kayle-webhooks", label, 32));

async function encrypted(key, publicKey, keyId, plaintext) {
  const bytes = Buffer.from(plaintext);
  const compact = await new jose.CompactEncrypt(bytes)
    .setProtectedHeader({ alg: "RSA-OAEP-256", enc: "A256GCM", kid: keyId })
    .encrypt(publicKey);
  return { key, key_id: keyId, plaintext_hex: bytes.toString("hex"), compact };
}

async function rsaKeys() {
  const pairs = {};
  for (const bits of [2048, 3072, 4096]) {
    const options = { modulusLength: bits, extractable: true };
    pairs[`rsa-${bits}`] = await jose.generateKeyPair("RSA-OAEP-256", options);
  }
  return pairs;
}

const signed = (key, alg, claims) =>
  new jose.SignJWT(claims)
    .setProtectedHeader({ alg })
    .setIssuedAt(ISSUED_AT)
    .setExpirationTime(EXPIRES_AT)
    .sign(key);

async function sessionToken(key, alg, organization, identityPem) {
  const claims = { sub: USER, org: organization, role: "member" };
  return {
    secret_key_hex: SECRET_KEY.toString("hex"),
    identity_pem: identityPem,
    user: USER,
    organization,
    role: "member",
    expires_at_s: EXPIRES_AT,
    token: await signed(key, alg, claims),
  };
}

async function identitySession(alg) {
  const pair = await jose.generateKeyPair(alg, { extractable: true });
  return sessionToken(pair.privateKey, alg, ORGANIZATION, await jose.exportSPKI(pair.publicKey));
}

// The audience as an array: RFC 7519 allows both forms.
async function serviceToken() {
  return {
    secret_key_hex: SECRET_KEY.toString("hex"),
    subject: "verify",
    expires_at_s: EXPIRES_AT,
    token: await signed(subkey("service tokens"), "HS256", {
      aud: ["other", "kayle-internal"],
      sub: "verify",
    }),
  };
}

function signature(secret, at, body) {
  const tag = createHmac("sha256", secret).update(`${at}.`).update(body).digest("hex");
  const bodyHex = Buffer.from(body).toString("hex");
  return { secret, at_s: at, body_hex: bodyHex, header: `t=${at},v1=${tag}` };
}

const pairs = await rsaKeys();
const keys = {};
const jwes = [];
for (const [name, { privateKey, publicKey }] of Object.entries(pairs)) {
  keys[name] = await jose.exportPKCS8(privateKey);
  jwes.push(await encrypted(name, publicKey, `key for ${name}`, '{"type":"verification"}'));
  jwes.push(await encrypted(name, publicKey, "schlüssel-鍵-🔑", "Łukasz 🪪".repeat(200)));
  jwes.push(await encrypted(name, publicKey, 'a"b\\c/', ""));
}
const vectors = {
  made_by: "jose 6.2.17",
  keys,
  jwes,
  signatures: [signature("whsec_node", ISSUED_AT, "encrypted-payload")],
  service_tokens: [await serviceToken()],
  session_tokens: [
    await sessionToken(subkey("session tokens"), "HS256", null, null),
    await identitySession("RS256"),
    await identitySession("ES256"),
    await identitySession("EdDSA"),
  ],
};
console.log(JSON.stringify(vectors, null, 2));
