"""The closed set of what can be wrong. No error holds anything of the request or of a key."""

from typing import Dict, Optional, Tuple

# Status to answer with, and meaning. 500 is where the receiver is at fault.
_MEANINGS: Dict[str, Tuple[int, str]] = {
    "body_unavailable": (
        500,
        "the body broke off or is not what was sent: hand over the raw bytes, before any parser",
    ),
    "body_too_large": (413, "the body is too large"),
    "signature_missing": (400, "the X-Kayle-Signature header is missing"),
    "signature_malformed": (400, "the X-Kayle-Signature header is malformed"),
    "signature_mismatch": (
        400,
        "the signature does not match: another secret, or a changed body",
    ),
    "timestamp_out_of_range": (
        400,
        "the signature is too far away from this machine's clock",
    ),
    "jwe_malformed": (400, "the body is not a compact JWE"),
    "jwe_unsupported": (
        400,
        "the JWE is not RSA-OAEP-256 with A256GCM and a kid, without zip and crit",
    ),
    "key_unknown": (500, "there is no private key for the kid of the JWE"),
    "decryption_failed": (
        500,
        "the JWE cannot be decrypted with the private key of this kid",
    ),
    "event_invalid": (500, "the decrypted text is not a Kayle event"),
    "event_mismatch": (400, "X-Kayle-Event differs from the type of the event"),
    "secret_invalid": (
        500,
        "secrets must be 1 to 8 texts without blanks and line breaks",
    ),
    "key_invalid": (
        500,
        "private_keys must be 1 to 16 RSA private keys of 2048 to 8192 bits: PEM (PKCS#8 or "
        "PKCS#1, not encrypted) or JWK",
    ),
    "option_invalid": (500, "tolerance_s must be 1 to 3600, body_bytes_max at least 1"),
}


class KayleError(Exception):
    """The one error of this library. Answer with its `status` and without a body."""

    def __init__(self, code: str, skew_s: Optional[int] = None) -> None:
        self.status, meaning = _MEANINGS[code]
        self.code = code
        # How far this clock is ahead of the signature, for `timestamp_out_of_range`.
        self.skew_s = skew_s
        super().__init__(meaning)
