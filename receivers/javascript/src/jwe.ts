// The compact JWE of a delivery (RFC 7516): RSA-OAEP-256, A256GCM, and nothing else.

import { type Bytes, concat, decodeBase64url, utf8 } from "./bytes.js";
import { KayleError } from "./errors.js";
import { isObject, type JsonObject, parseJson } from "./json.js";
import type { PrivateKey } from "./keys.js";

const IV_BYTES = 12;
const TAG_BYTES = 16;
const CONTENT_KEY_BYTES = 32;

export interface Jwe {
  kid: string;
  header: string;
  wrappedKey: Bytes;
  iv: Bytes;
  contentAndTag: Bytes;
}

/** Reads the form first, then what the header asks for. */
export function parseJwe(body: Bytes): Jwe {
  const parts = new TextDecoder("utf-8", { ignoreBOM: true }).decode(body).split(".");
  const [head, wrappedKey, iv, content, tag] = parts.map(decodeBase64url);
  const header = head === undefined ? undefined : parseJson(head);
  const formed =
    parts.length === 5 &&
    isObject(header) &&
    wrappedKey !== undefined &&
    content !== undefined &&
    iv?.length === IV_BYTES &&
    tag?.length === TAG_BYTES;
  if (!formed) throw new KayleError("jwe_malformed");
  const kid = supportedKid(header);
  return { kid, header: parts[0] ?? "", wrappedKey, iv, contentAndTag: concat(content, tag) };
}

/** Returns the header's `kid`. Unknown members are passed over, as RFC 7516 (4) wants. */
function supportedKid(header: JsonObject): string {
  const { alg, enc, kid } = header;
  const supported =
    alg === "RSA-OAEP-256" &&
    enc === "A256GCM" &&
    typeof kid === "string" &&
    !Object.hasOwn(header, "zip") &&
    !Object.hasOwn(header, "crit");
  if (!supported) throw new KayleError("jwe_unsupported");
  return kid;
}

/** Decrypts with the first of the keys that opens it. One error for every cause. */
export async function decrypt(jwe: Jwe, keys: PrivateKey[]): Promise<Bytes> {
  for (const key of keys) {
    const imported = await key.imported();
    const opened = await decryptWith(jwe, imported).catch(() => undefined);
    if (opened !== undefined) return opened;
  }
  throw new KayleError("decryption_failed");
}

async function decryptWith(jwe: Jwe, key: CryptoKey): Promise<Bytes | undefined> {
  const raw = await crypto.subtle.decrypt({ name: "RSA-OAEP" }, key, jwe.wrappedKey);
  if (raw.byteLength !== CONTENT_KEY_BYTES) return undefined;
  const contentKey = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
  const algorithm = { name: "AES-GCM", iv: jwe.iv, additionalData: utf8(jwe.header) };
  return new Uint8Array(await crypto.subtle.decrypt(algorithm, contentKey, jwe.contentAndTag));
}
