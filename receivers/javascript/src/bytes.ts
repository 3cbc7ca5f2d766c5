/** Bytes that lie in ordinary memory, as WebCrypto wants them. */
export type Bytes = Uint8Array<ArrayBuffer>;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** Decodes base64url without padding, in which no bit is left over; else `undefined`. */
export function decodeBase64url(text: string): Bytes | undefined {
  const over = text.length % 4;
  if (over === 1 || !/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  const strayBits = over === 2 ? 0b1111 : over === 3 ? 0b11 : 0;
  if ((ALPHABET.indexOf(text.slice(-1)) & strayBits) !== 0) return undefined;
  return fromBinary(atob(text.replaceAll("-", "+").replaceAll("_", "/")));
}

export function encodeBase64url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Takes text whose characters are bytes, as `atob` gives it. */
export function fromBinary(binary: string): Bytes {
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

export function concat(...parts: Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
