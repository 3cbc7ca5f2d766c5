// `X-Kayle-Signature`: `t=<Unix seconds>,v1=<64 lower-case hex digits>`. The signed message is the
// text of `t`, a full stop, and the body's bytes. The key is the whole secret as text.

import { type Bytes, concat, utf8 } from "./bytes.js";
import { KayleError } from "./errors.js";

export const SIGNATURE_HEADER = "X-Kayle-Signature";

export interface Signature {
  seconds: string;
  tag: Bytes;
}

/** Reads the values of the header, of which there must be one. */
export function parseSignature(values: string[]): Signature {
  const [header, second] = values;
  if (header === undefined) throw new KayleError("signature_missing");
  const signature = second === undefined ? parse(header) : undefined;
  if (signature === undefined) throw new KayleError("signature_malformed");
  return signature;
}

function parse(header: string): Signature | undefined {
  if (!/^[!-~]*$/.test(header)) return undefined;
  const found = new Map<string, string>();
  for (const element of header.split(",")) {
    const [, name, value] = /^([^=]*)=(.*)$/.exec(element) ?? [];
    if (name === undefined || value === undefined) return undefined;
    if (name !== "t" && name !== "v1") continue;
    if (found.has(name)) return undefined;
    found.set(name, value);
  }
  const [seconds, tag] = [found.get("t") ?? "", found.get("v1") ?? ""];
  if (!/^[0-9]{1,12}$/.test(seconds) || !/^[0-9a-f]{64}$/.test(tag)) return undefined;
  return { seconds, tag: decodeHex(tag) };
}

function decodeHex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

/** Says whether one of the secrets signed the body. Each is tried, so that time does not tell which. */
export async function isSigned(signature: Signature, secrets: string[], body: Bytes): Promise<boolean> {
  const message = concat(utf8(`${signature.seconds}.`), body);
  let signed = false;
  for (const secret of secrets) {
    const key = await hmacKey(secret, "verify");
    signed = (await crypto.subtle.verify("HMAC", key, signature.tag, message)) || signed;
  }
  return signed;
}

export function hmacKey(secret: string, use: "sign" | "verify"): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", utf8(secret), { name: "HMAC", hash: "SHA-256" }, false, [use]);
}
