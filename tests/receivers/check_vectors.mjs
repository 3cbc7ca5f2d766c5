// Checks with jose and Node's own crypto that the cases of receivers/vectors.json are good or bad
// for the reason that they give.
//
//     node check_vectors.mjs < receivers/vectors.json

import assert from "node:assert/strict";
import { createHmac, createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { compactDecrypt } from "jose";

const ALGORITHMS = {
  keyManagementAlgorithms: ["RSA-OAEP-256"],
  contentEncryptionAlgorithms: ["A256GCM"],
};
// Keys of other names are forms of this one, of which Node does not read all.
const FORMS_OF = "rsa2048a";
// What jose must open, although we refuse what is inside or beside it.
const OPENS = new Set(["event_invalid", "event_mismatch", "timestamp_out_of_range"]);

/** Whether one of the secrets signed the body, whatever the header's form. */
function isSigned({ headers, options }, body) {
  const value = headers.find(([name]) => name.toLowerCase() === "x-kayle-signature")?.[1] ?? "";
  const fields = new Map(value.split(",").map((field) => /^([^=]*)=?(.*)$/s.exec(field).slice(1)));
  const tag = (secret) =>
    createHmac("sha256", secret).update(`${fields.get("t")}.`).update(body).digest("hex");
  return options.secrets.some((secret) => tag(secret) === fields.get("v1"));
}

/** The plaintext by whichever key opens it; null if none does. */
async function opened(keys, { options }, body) {
  for (const { key } of options.keys) {
    const jwe = await compactDecrypt(body, keys[key] ?? keys[FORMS_OF], ALGORITHMS).catch(
      () => null,
    );
    if (jwe !== null) return jwe.plaintext;
  }
  return null;
}

async function check(keys, made) {
  const body = Buffer.from(made.body_base64, "base64");
  const { error } = made.expect;
  if (error === undefined) {
    assert(isSigned(made, body));
    assert(JSON.parse(new TextDecoder().decode(await opened(keys, made, body))).metadata);
  } else if (error === "signature_mismatch") {
    assert(!isSigned(made, body));
  } else if (error === "decryption_failed") {
    assert(isSigned(made, body));
    assert.equal(await opened(keys, made, body), null);
  } else if (OPENS.has(error)) {
    assert(isSigned(made, body));
    assert.notEqual(await opened(keys, made, body), null);
  }
}

const vectors = JSON.parse(readFileSync(0, "utf8"));
const pems = Object.entries(vectors.keys).filter(([name]) => name.startsWith("rsa"));
const keys = Object.fromEntries(pems.map(([name, pem]) => [name, createPrivateKey(pem)]));
const cases = vectors.cases.filter(({ id }) => !id.startsWith("C"));
for (const made of cases) {
  await check(keys, made).catch((error) => {
    console.error(`${made.id} (${made.why}): ${error}`);
    process.exit(1);
  });
}
console.log(`jose agrees with ${cases.length} cases`);
