/** Why a request was not opened, in the order of the checks. */
export type UnwrapCode =
  | "body_unavailable"
  | "body_too_large"
  | "signature_missing"
  | "signature_malformed"
  | "signature_mismatch"
  | "timestamp_out_of_range"
  | "jwe_malformed"
  | "jwe_unsupported"
  | "key_unknown"
  | "decryption_failed"
  | "event_invalid"
  | "event_mismatch";

/** Why a receiver cannot be made. */
export type OptionsCode = "secret_invalid" | "key_invalid" | "option_invalid";

export type KayleErrorCode = UnwrapCode | OptionsCode;

/** What each code means, and the status to answer with. 500 is where the receiver is at fault. */
const MEANINGS: Record<KayleErrorCode, readonly [status: number, text: string]> = {
  body_unavailable: [
    500,
    "the body broke off or is not what was sent: hand over the raw bytes, before any parser; " +
      "no parser of JSON claims application/jose",
  ],
  body_too_large: [413, "the body is too large"],
  signature_missing: [400, "the X-Kayle-Signature header is missing"],
  signature_malformed: [400, "the X-Kayle-Signature header is malformed"],
  signature_mismatch: [400, "the signature does not match: another secret, or a changed body"],
  timestamp_out_of_range: [400, "the signature is too far away from this machine's clock"],
  jwe_malformed: [400, "the body is not a compact JWE"],
  jwe_unsupported: [400, "the JWE is not RSA-OAEP-256 with A256GCM and a kid, without zip and crit"],
  key_unknown: [500, "there is no private key for the kid of the JWE"],
  decryption_failed: [500, "the JWE cannot be decrypted with the private key of this kid"],
  event_invalid: [500, "the decrypted text is not a Kayle event"],
  event_mismatch: [400, "X-Kayle-Event differs from the type of the event"],
  secret_invalid: [500, "secrets must be 1 to 8 texts without blanks and line breaks"],
  key_invalid: [
    500,
    "privateKeys must be 1 to 16 RSA private keys of 2048 to 8192 bits: PEM (PKCS#8 or PKCS#1, " +
      "not encrypted), JWK, or CryptoKey",
  ],
  option_invalid: [500, "toleranceS must be 1 to 3600, bodyBytesMax at least 1"],
};

/** The one error of this library. It holds nothing of the request, and no cause. */
export class KayleError extends Error {
  override readonly name = "KayleError";
  readonly code: KayleErrorCode;
  /** Answer with it and without a body: the delivery comes again. */
  readonly status: number;
  /** How far this clock is ahead of the signature, in seconds; for `timestamp_out_of_range`. */
  readonly skewS: number | undefined;

  constructor(code: KayleErrorCode, skewS?: number) {
    super(MEANINGS[code][1]);
    this.code = code;
    this.status = MEANINGS[code][0];
    this.skewS = skewS;
  }
}
