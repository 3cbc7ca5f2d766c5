// The little of DER that takes the numbers out of a PKCS#8 or PKCS#1 private key.

import type { Bytes } from "./bytes.js";

const INTEGER = 0x02;
const OCTETS = 0x04;
const SEQUENCE = 0x30;

/** `rsaEncryption` (RFC 8017, A.1), as an element. */
const RSA_ENCRYPTION = "06092a864886f70d010101";

interface Element {
  tag: number;
  content: Bytes;
}

/** Returns n, e, d, p, q, dp, dq, qi; `undefined` if the bytes are no RSA private key. */
export function rsaNumbers(der: Bytes, form: "PKCS#1" | "PKCS#8"): Bytes[] | undefined {
  const pkcs1 = form === "PKCS#1" ? der : insidePkcs8(der);
  const [whole, ...more] = elements(pkcs1);
  const [version, ...numbers] = elements(whole?.content);
  const isKey =
    whole?.tag === SEQUENCE &&
    more.length === 0 &&
    version?.content.join() === "0" &&
    numbers.length === 8 &&
    numbers.every(({ tag }) => tag === INTEGER);
  return isKey ? numbers.map(({ content }) => withoutZeros(content)) : undefined;
}

/** A number's bytes without leading zeros. */
export function withoutZeros(digits: Bytes): Bytes {
  const first = digits.findIndex((digit) => digit !== 0);
  return digits.subarray(first < 0 ? digits.length : first);
}

function insidePkcs8(der: Bytes): Bytes | undefined {
  const [whole, ...more] = elements(der);
  const [, algorithm, key] = elements(whole?.content);
  const named = Array.from(algorithm?.content ?? [], (byte) => byte.toString(16).padStart(2, "0"));
  const isRsa = more.length === 0 && named.join("").startsWith(RSA_ENCRYPTION);
  return isRsa && key?.tag === OCTETS ? key.content : undefined;
}

/** Reads elements one after another; none if the lengths do not fit. */
function elements(bytes: Bytes | undefined): Element[] {
  const found: Element[] = [];
  let rest = bytes ?? new Uint8Array();
  while (rest.length > 0) {
    const [tag = 0, first = 0] = rest;
    const sizeBytes = first < 0x80 ? 0 : first & 0x7f;
    const size = rest.subarray(2, 2 + sizeBytes);
    const length = first < 0x80 ? first : size.reduce((sum, byte) => sum * 256 + byte, 0);
    const end = 2 + sizeBytes + length;
    if (end > rest.length) return [];
    found.push({ tag, content: rest.subarray(2 + sizeBytes, end) });
    rest = rest.subarray(end);
  }
  return found;
}
