// The little of DER that takes the numbers out of a PKCS#8 or PKCS#1 private key.

import { type Bytes, hex } from "./bytes.js";

const INTEGER = 0x02;
const OCTETS = 0x04;
const SEQUENCE = 0x30;

/** A tag whose number stands in further bytes, which no key has. */
const LONG_TAG = 0x1f;
/** No key has 16 MB. */
const LENGTH_BYTES_MAX = 3;

/** `rsaEncryption` with its NULL parameters (RFC 8017, A.1). */
const RSA_ENCRYPTION = "06092a864886f70d0101010500";

interface Element {
  tag: number;
  content: Bytes;
}

/** Returns n, e, d, p, q, dp, dq, qi; `undefined` if the bytes are no RSA private key. */
export function rsaNumbers(der: Bytes, form: "PKCS#1" | "PKCS#8"): Bytes[] | undefined {
  const pkcs1 = form === "PKCS#1" ? der : insidePkcs8(der);
  const [version, ...numbers] = inside(SEQUENCE, pkcs1).map(digits);
  const isKey = version?.length === 0 && numbers.length === 8;
  return isKey && numbers.every((number) => number !== undefined) ? numbers : undefined;
}

/** A number's bytes without leading zeros. */
export function withoutZeros(digits: Bytes): Bytes {
  const first = digits.findIndex((digit) => digit !== 0);
  return digits.subarray(first < 0 ? digits.length : first);
}

/** It may have attributes behind the key. */
function insidePkcs8(der: Bytes): Bytes | undefined {
  const [version, algorithm, key] = inside(SEQUENCE, der);
  const isVersion0 = version !== undefined && digits(version)?.length === 0;
  const isRsa = algorithm?.tag === SEQUENCE && hex(algorithm.content.slice().buffer) === RSA_ENCRYPTION;
  return isVersion0 && isRsa && key?.tag === OCTETS ? key.content : undefined;
}

/** A whole number that is not negative: no leading zeros, but one before a high bit. */
function digits({ tag, content }: Element): Bytes | undefined {
  const number = content[0] === 0 ? content.subarray(1) : content;
  const needsSign = number.length === 0 || (number[0] ?? 0) >= 0x80;
  return tag === INTEGER && number.length < content.length === needsSign ? number : undefined;
}

/** Returns what is in the one element that the bytes are. */
function inside(tag: number, bytes: Bytes | undefined): Element[] {
  const [whole, ...more] = elements(bytes);
  return whole?.tag === tag && more.length === 0 ? elements(whole.content) : [];
}

/** Reads elements one after another; none if there is anything else. */
function elements(bytes: Bytes | undefined): Element[] {
  const found: Element[] = [];
  let rest = bytes ?? new Uint8Array();
  while (rest.length > 0) {
    const [tag = 0, first = 0] = rest;
    const sizeBytes = first < 0x80 ? 0 : first & 0x7f;
    const size = rest.subarray(2, 2 + sizeBytes);
    const length = first < 0x80 ? first : size.reduce((sum, byte) => sum * 256 + byte, 0);
    const end = 2 + sizeBytes + length;
    const isShortest = first < 0x80 || (length >= 0x80 && size[0] !== 0);
    const isSized = isShortest && sizeBytes <= LENGTH_BYTES_MAX && end <= rest.length;
    if (!isSized || rest.length < 2 || (tag & LONG_TAG) === LONG_TAG) return [];
    found.push({ tag, content: rest.subarray(2 + sizeBytes, end) });
    rest = rest.subarray(end);
  }
  return found;
}
