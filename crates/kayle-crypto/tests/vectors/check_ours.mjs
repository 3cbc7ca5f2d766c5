// Checks with jose and Node's own crypto what this crate wrote.
//
//     cargo run -p kayle-crypto --example make_vectors > ours.json
//     node check_ours.mjs < ours.json    (see make_with_jose.mjs for jose)

import assert from "node:assert/strict";
import { createHmac, hkdfSync } from "node:crypto";
import { readFileSync } from "node:fs";
import * as jose from "jose";

async function checkJwe(keys, vector) {
  const key = await jose.importPKCS8(keys[vector.key], "RSA-OAEP-256");
  const { plaintext, protectedHeader } = await jose.compactDecrypt(vector.compact, key);
  assert.equal(Buffer.from(plaintext).toString("hex"), vector.plaintext_hex);
  const header = { alg: "RSA-OAEP-256", enc: "A256GCM", kid: vector.key_id };
  assert.equal(JSON.stringify(protectedHeader), JSON.stringify(header));
}

function checkSignature({ secret, at_s: at, body_hex: bodyHex, header }) {
  const hmac = createHmac("sha256", secret).update(`${at}.`).update(Buffer.from(bodyHex, "hex"));
  assert.equal(header, `t=${at},v1=${hmac.digest("hex")}`);
}

async function claimsOf(vector, label, options) {
  const master = Buffer.from(vector.secret_key_hex, "hex");
  const secret = new Uint8Array(hkdfSync("sha256", master, "kayle-webhooks", label, 32));
  const lastMoment = new Date(vector.expires_at_s * 1000 - 1);
  const verified = await jose.jwtVerify(vector.token, secret, {
    algorithms: ["HS256"],
    currentDate: lastMoment,
    ...options,
  });
  assert.equal(verified.payload.exp, vector.expires_at_s);
  return verified.payload;
}

async function checkServiceToken(vector) {
  const claims = await claimsOf(vector, "service tokens", { audience: "kayle-internal" });
  assert.equal(claims.sub, vector.subject);
}

async function checkSessionToken(vector) {
  const claims = await claimsOf(vector, "session tokens", {});
  assert.deepEqual(
    [claims.sub, claims.org, claims.role],
    [vector.user, vector.organization, vector.role],
  );
}

const vectors = JSON.parse(readFileSync(0, "utf8"));
for (const vector of vectors.jwes) await checkJwe(vectors.keys, vector);
for (const vector of vectors.signatures) checkSignature(vector);
for (const vector of vectors.service_tokens) await checkServiceToken(vector);
for (const vector of vectors.session_tokens) await checkSessionToken(vector);
const count = (name) => [name, vectors[name].length];
const names = ["jwes", "signatures", "service_tokens", "session_tokens"];
console.log("jose agrees with", Object.fromEntries(names.map(count)));
