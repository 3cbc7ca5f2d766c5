// Each check of the library, switched off, is noticed by these cases of receivers/vectors.json.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { run } from "./runner.mjs";

const { keys, cases } = JSON.parse(readFileSync(process.env.KAYLE_VECTORS, "utf8"));
const byId = new Map(cases.map((made) => [made.id, made]));
const require = createRequire(import.meta.url);
const built = join(dirname(require.resolve("@kayle/webhooks")), "../esm");
const workshop = mkdtempSync(join(import.meta.dirname ?? ".", "mutants-"));
after(() => rmSync(workshop, { recursive: true }));

// check, file, what is there, what is put in its place, which cases notice
const MUTANTS = [
  ["text is ASCII", "receiver", "/^[\\u0000-\\u007f]*$/.test(body)", "true", "N37b"],
  ["size", "receiver", "bytes.length > this.bodyBytesMax", "false", "N36 N36b"],
  ["the header is there", "signature", "header === undefined", "false", "N01"],
  ["one header", "signature", "second === undefined", "true", "N07"],
  ["ASCII without blanks", "signature", "/^[!-~]*$/.test(header)", "true", "N12 N14c N14d"],
  ["an equals sign", "signature", "undefined)\n            return undefined", "undefined)\n            continue", "N15 N15b"],
  ["the first equals sign", "signature", "([^=]*)=(.*)", "([^=]*)=([^=]*).*", "N13"],
  ["each name once", "signature", "found.has(name)", "false", "N05 N06"],
  ["digits of t", "signature", "/^[0-9]{1,12}$/.test(seconds)", "true", "N16 N17 N18 N19 N20 N21"],
  ["length of t", "signature", "{1,12}", "{1,99}", "N23"],
  ["lower case", "signature", "[0-9a-f]{64}", "[0-9a-fA-F]{64}", "N09"],
  ["length of v1", "signature", "[0-9a-f]{64}", "[0-9a-f]+", "N10 N10b"],
  ["HMAC", "signature", "let signed = false", "let signed = true", "N26 N27 N28 N29 N30 N31 N32 N33 N34 N35 N35b"],
  ["tolerance of the past", "receiver", "Math.abs(skewS)", "-skewS", "N24"],
  ["tolerance of the future", "receiver", "Math.abs(skewS)", "skewS", "N25"],
  ["five parts", "jwe", "parts.length === 5", "true", "N39"],
  ["alphabet", "bytes", "!/^[A-Za-z0-9_-]*$/.test(text)", "false", "N41 N42 N44 N45b"],
  ["stray bits", "bytes", "& strayBits", "& 0", "N43"],
  ["IV", "jwe", "iv?.length === IV_BYTES", "true", "N50"],
  ["tag", "jwe", "tag?.length === TAG_BYTES", "true", "N51 N52"],
  ["header is an object", "jwe", "isObject(header)", "true", "N48"],
  ["alg", "jwe", 'alg === "RSA-OAEP-256"', "true", "N53 N54 N55 N56 N57 N58 N60b"],
  ["enc", "jwe", 'enc === "A256GCM"', "true", "N59 N60"],
  ["kid", "jwe", 'typeof kid === "string"', "true", "N63 N64"],
  ["zip", "jwe", '!Object.hasOwn(header, "zip")', "true", "N61 N62c"],
  ["crit", "jwe", '!Object.hasOwn(header, "crit")', "true", "N62 N62b"],
  ["a key for kid", "receiver", "keys.length === 0", "false", "N66"],
  ["keys of other labels", "receiver", "key.kid === kid", "true", "N66"],
  ["content key", "jwe", "raw.byteLength !== CONTENT_KEY_BYTES", "false", "N74"],
  ["OAEP with SHA-256", "keys", 'hash: "SHA-256"', 'hash: "SHA-1"', "P01"],
  ["one spelling of a PEM", "keys", "btoa(binary) !== symbols", "false", "C54"],
  ["labels of a PEM", "keys", "label !== endLabel", "false", "C55"],
  ["a JWK is of RSA", "keys", '.kty !== "RSA"', '.kty === "?"', "C38"],
  ["a JWK's numbers are texts", "keys", 'typeof digits === "string"', "digits !== undefined", "C36"],
  ["bits of a key", "keys", "bits >= MODULUS_BITS_MIN", "true", "C12"],
  ["numbers that fit", "keys", "!areOneKey(bytes)", "false", "C41 C42 C43 C44 C45 C65"],
  ["a public exponent that encrypts", "keys", "e > 1n", "true", "C57"],
  ["a public exponent that all take", "keys", "e <= PUBLIC_EXPONENT_MAX", "true", "C58"],
  ["a private exponent below n", "keys", "d < n", "true", "C56"],
  ["one element", "der", "more.length === 0", "true", "C59"],
  ["the shortest length", "der", "length >= 0x80 && size[0] !== 0", "true", "C60"],
  ["the shortest number", "der", "number.length < content.length === needsSign", "true", "C63 C64"],
  ["numbers are numbers", "der", "tag === INTEGER", "true", "C68"],
  ["eight numbers", "der", "numbers.length === 8", "true", "C67"],
  ["two primes", "der", "version?.length === 0", "true", "C69"],
  ["the version of PKCS#8", "der", "digits(version)?.length === 0", "true", "C70"],
  ["the key is of RSA", "der", "=== RSA_ENCRYPTION", '!== "?"', "C71 C72"],
  ["UTF-8", "json", "fatal: true", "fatal: false", "N75 N75b"],
  ["BOM", "json", "ignoreBOM: true", "ignoreBOM: false", "N76 N49b"],
  ["one value", "json", "this.#at !== this.#text.length", "false", "N77c"],
  ["members once", "json", "|| Object.hasOwn(object, name)", "", "N49 N82 N82b N82c"],
  ["numbers", "json", "!Number.isFinite(number)", "false", "N80 N80b"],
  ["surrogates", "json", "|| LONE_SURROGATE.test(string)", "", "N81 N81b N81c"],
  ["depth", "json", "depthLeft === 0", "depthLeft === -99999999", "N83"],
  ["type is a text", "events", 'typeof json.type !== "string"', "false", "N86 N89j"],
  ["event_id is a text", "events", 'typeof event_id !== "string"', "false", "N89m"],
  ["session is a text", "events", 'typeof verification_session_id !== "string"', "false", "N89i"],
  ["tests are marked twice", "events", "test !== isNobodys", "false", "N90 N91 N91b"],
  ["challenge", "events", 'typeof challenge !== "string"', "false", "N91c"],
  ["whole numbers", "events", "Number.isSafeInteger(json)", 'typeof json === "number"', "N87 N87c"],
  ["claims", "events", "Object.entries(json).every(isClaim)", "true", "N88 N88b N88c N88d"],
  ["text claims", "events", "!TEXT_CLAIMS.has(key)", "true", "N88c"],
  ["age claims", "events", "!AGE_CLAIM.test(key)", "true", "N88d"],
  ["members are there", "events", "value === undefined)", "false)", "N87e N89f N89h"],
  ["X-Kayle-Event", "receiver", "name !== read.name", "false", "N92 N92b"],
];

for (const [number, [check, file, from, to, noticed]] of MUTANTS.entries()) {
  test(`${check}: ${noticed}`, async () => {
    const folder = join(workshop, String(number));
    cpSync(built, folder, { recursive: true });
    const path = join(folder, `${file}.js`);
    const source = readFileSync(path, "utf8");
    assert.equal(source.split(from).length, 2, `"${from}" stands once in ${file}.js`);
    writeFileSync(path, source.replace(from, () => to));
    const mutant = await import(pathToFileURL(join(folder, "index.js")).href);
    for (const id of noticed.split(" ")) {
      const made = byId.get(id);
      const outcome = await run(mutant, made, keys).catch((error) => ({ crash: String(error) }));
      assert.notDeepEqual(outcome, made.expect, `${id} does not notice`);
    }
  });
}
