// For your own tests: makes deliveries like those of the service.

import { concat, encodeBase64url, hex, utf8 } from "./bytes.js";
import { registration } from "./keys.js";
import { hmacKey, SIGNATURE_HEADER } from "./signature.js";

export interface DeliveryOptions {
  /** The event, as the service's documentation shows it. */
  event: object;
  secret: string;
  /** The private key of the receiver under test; its public half encrypts. */
  key: { kid: string; pem: string };
  /** When it was signed, in milliseconds since 1970; the present time. */
  signedAt?: number;
}

/** Encrypts and signs an event as the service does. */
export async function delivery(
  options: DeliveryOptions,
): Promise<{ headers: Record<string, string>; body: string }> {
  const body = await encrypt(options);
  const seconds = String(Math.floor((options.signedAt ?? Date.now()) / 1000));
  const hmac = await hmacKey(options.secret, "sign");
  const tag = await crypto.subtle.sign("HMAC", hmac, utf8(`${seconds}.${body}`));
  const headers: Record<string, string> = {
    "Content-Type": "application/jose",
    [SIGNATURE_HEADER]: `t=${seconds},v1=${hex(tag)}`,
  };
  return { headers, body };
}

async function encrypt({ event, key }: DeliveryOptions): Promise<string> {
  const { jwk } = registration(key);
  const oaep = { name: "RSA-OAEP", hash: "SHA-256" };
  const publicKey = await crypto.subtle.importKey("jwk", jwk, oaep, false, ["encrypt"]);
  const raw = crypto.getRandomValues(new Uint8Array(32));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const header = encodeBase64url(
    utf8(JSON.stringify({ alg: "RSA-OAEP-256", enc: "A256GCM", kid: key.kid })),
  );
  const contentKey = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
  const algorithm = { name: "AES-GCM", iv, additionalData: utf8(header) };
  const sealed = await crypto.subtle.encrypt(algorithm, contentKey, utf8(JSON.stringify(event)));
  const bytes = concat(new Uint8Array(sealed));
  const wrapped = await crypto.subtle.encrypt({ name: "RSA-OAEP" }, publicKey, raw);
  const parts = [new Uint8Array(wrapped), iv, bytes.subarray(0, -16), bytes.subarray(-16)];
  return [header, ...parts.map(encodeBase64url)].join(".");
}

/** Makes a throw-away private key of 2048 bits, as PEM. */
export async function generatePem(): Promise<string> {
  const { privateKey } = await crypto.subtle.generateKey(
    { name: "RSA-OAEP", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ["encrypt", "decrypt"],
  );
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  const base64url = encodeBase64url(pkcs8).replaceAll("-", "+").replaceAll("_", "/");
  const base64 = base64url.padEnd(Math.ceil(base64url.length / 4) * 4, "=");
  return `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`;
}
