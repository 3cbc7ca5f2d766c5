import { type Bytes, decodeBase64url, encodeBase64url, fromBinary, hex, utf8 } from "./bytes.js";
import { rsaNumbers, withoutZeros } from "./der.js";
import { KayleError } from "./errors.js";
import { isObject, type Json, type JsonObject, parseJson } from "./json.js";

/** A private key, and the `key_id` that its public half was registered under. */
export type PrivateKeyInput = {
  /** Without it, the key is tried for every delivery that no `kid` fits. */
  kid?: string;
} & (
  | {
      /**
       * PKCS#8 or PKCS#1. Line breaks may be CRLF or the two characters `\n`, and there may be
       * quotes around it: what environment variables make of it. May be the text of a JWK.
       */
      pem: string;
    }
  | { jwk: JsonWebKey }
  | { key: CryptoKey }
);

/** The body of `POST /v1/webhooks/endpoints/{id}/keys`. */
export interface Registration {
  key_id: string;
  algorithm: "RSA-OAEP-256";
  key_type: "RSA";
  jwk: { kty: "RSA"; n: string; e: string; alg: "RSA-OAEP-256"; key_ops: ["encrypt"] };
}

const NAMES = ["n", "e", "d", "p", "q", "dp", "dq", "qi"] as const;
type Numbers = Record<(typeof NAMES)[number], string>;

const OAEP = { name: "RSA-OAEP", hash: "SHA-256" };
const MODULUS_BITS_MIN = 2048;
const MODULUS_BITS_MAX = 8192;
/** Go takes public exponents of 31 bits. */
const PUBLIC_EXPONENT_MAX = 0x7fffffffn;

/** A key that is imported when it is first used. */
export class PrivateKey {
  readonly kid: string | undefined;
  readonly #input: Numbers | CryptoKey;
  #imported: Promise<CryptoKey> | undefined;

  constructor(input: PrivateKeyInput) {
    if (input.kid !== undefined && typeof input.kid !== "string") throw new KayleError("key_invalid");
    this.kid = input.kid;
    this.#input = "key" in input ? checkedCryptoKey(input.key) : numbersOf(input);
  }

  imported(): Promise<CryptoKey> {
    this.#imported ??= importKey(this.#input);
    return this.#imported;
  }
}

/** Returns what registers the public half of a private key under this label. */
export function registration(key: PrivateKeyInput & { kid: string }): Registration {
  if ("key" in key) throw new KayleError("key_invalid");
  const { n, e } = numbersOf(key);
  return {
    key_id: key.kid,
    algorithm: "RSA-OAEP-256",
    key_type: "RSA",
    jwk: { kty: "RSA", n, e, alg: "RSA-OAEP-256", key_ops: ["encrypt"] },
  };
}

async function importKey(input: Numbers | CryptoKey): Promise<CryptoKey> {
  if (!("qi" in input)) return input;
  const jwk = { kty: "RSA", alg: "RSA-OAEP-256", ...input };
  try {
    return await crypto.subtle.importKey("jwk", jwk, OAEP, false, ["decrypt"]);
  } catch {
    throw new KayleError("key_invalid");
  }
}

function checkedCryptoKey(key: CryptoKey): CryptoKey {
  const { name, hash, modulusLength } = (key.algorithm ?? {}) as RsaHashedKeyAlgorithm;
  const fits =
    name === OAEP.name &&
    hash?.name === OAEP.hash &&
    modulusLength >= MODULUS_BITS_MIN &&
    modulusLength <= MODULUS_BITS_MAX &&
    key.usages.includes("decrypt");
  if (!fits) throw new KayleError("key_invalid");
  return key;
}

function numbersOf(input: { pem: string } | { jwk: JsonWebKey }): Numbers {
  const text = "pem" in input && typeof input.pem === "string" ? trimmed(input.pem) : "";
  const bytes = text.startsWith("{") || "jwk" in input ? fromJwk(input, text) : fromPem(text);
  const bits = bytes?.[0] === undefined ? 0 : bitsOf(bytes[0]);
  const isSized = bits >= MODULUS_BITS_MIN && bits <= MODULUS_BITS_MAX;
  if (bytes === undefined || !isSized || !areOneKey(bytes)) throw new KayleError("key_invalid");
  const encoded = NAMES.map((name, index) => [name, encodeBase64url(bytes[index] as Bytes)]);
  return Object.fromEntries(encoded) as Numbers;
}

/** WebCrypto takes numbers that are no key, and then decrypts nothing. */
function areOneKey(bytes: Bytes[]): boolean {
  const numbers = bytes.map((number) => BigInt(`0x0${hex(number.slice().buffer)}`));
  const [n = 0n, e = 0n, d = 0n, p = 0n, q = 0n, dp = 0n, dq = 0n, qi = 0n] = numbers;
  return (
    p > 1n &&
    q > 1n &&
    e > 1n &&
    e <= PUBLIC_EXPONENT_MAX &&
    d < n &&
    n === p * q &&
    (e * d) % (p - 1n) === 1n &&
    (e * d) % (q - 1n) === 1n &&
    dp === d % (p - 1n) &&
    dq === d % (q - 1n) &&
    (qi * q) % p === 1n
  );
}

/** Blanks are those of ASCII, around a key and inside a PEM, in every library. */
function trimmed(text: string): string {
  return text.replace(/^[ \t\n\r\f]+|[ \t\n\r\f]+$/g, "");
}

function bitsOf(modulus: Bytes): number {
  return modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
}

function fromPem(text: string): Bytes[] | undefined {
  const plain = text.replace(/^["']+|["']+$/g, "").replaceAll("\\r", "").replaceAll("\\n", "\n");
  const block = /^-----BEGIN (RSA )?PRIVATE KEY-----([A-Za-z0-9+/= \t\n\r\f]*)-----END (RSA )?PRIVATE KEY-----$/;
  const [, label, base64, endLabel] = block.exec(trimmed(plain)) ?? [];
  if (base64 === undefined || label !== endLabel) return undefined;
  try {
    const symbols = base64.replace(/[ \t\n\r\f]/g, "");
    const binary = atob(symbols);
    // `atob` passes over padding that is missing, and over bits that are left over.
    if (btoa(binary) !== symbols) return undefined;
    const der = fromBinary(binary);
    return rsaNumbers(der, label === undefined ? "PKCS#8" : "PKCS#1");
  } catch {
    return undefined;
  }
}

function fromJwk(input: { pem: string } | { jwk: JsonWebKey }, text: string): Bytes[] | undefined {
  const jwk = "jwk" in input ? { ...input.jwk } : parseJson(utf8(text));
  if (jwk === undefined || !isObject(jwk as Json) || (jwk as JsonObject).kty !== "RSA") return undefined;
  const numbers = NAMES.map((name) => {
    const digits = (jwk as JsonObject)[name];
    return typeof digits === "string" ? decodeBase64url(digits) : undefined;
  });
  const isWhole = (number: Bytes | undefined): number is Bytes => number !== undefined;
  return numbers.every(isWhole) ? numbers.map(withoutZeros) : undefined;
}
