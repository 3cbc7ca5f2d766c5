package kayle

import "net/http"

// Code names what is wrong. The set is closed, and the same in every Kayle library.
type Code string

// What can be wrong with a request, in the order of the checks, and with options.
const (
	BodyUnavailable     Code = "body_unavailable"
	BodyTooLarge        Code = "body_too_large"
	SignatureMissing    Code = "signature_missing"
	SignatureMalformed  Code = "signature_malformed"
	SignatureMismatch   Code = "signature_mismatch"
	TimestampOutOfRange Code = "timestamp_out_of_range"
	JWEMalformed        Code = "jwe_malformed"
	JWEUnsupported      Code = "jwe_unsupported"
	KeyUnknown          Code = "key_unknown"
	DecryptionFailed    Code = "decryption_failed"
	EventInvalid        Code = "event_invalid"
	EventMismatch       Code = "event_mismatch"
	SecretInvalid       Code = "secret_invalid"
	KeyInvalid          Code = "key_invalid"
	OptionInvalid       Code = "option_invalid"
)

var meanings = map[Code]string{
	BodyUnavailable:     "the body cannot be read: somebody has read it, or the connection ended",
	BodyTooLarge:        "the body is too large",
	SignatureMissing:    "the X-Kayle-Signature header is missing",
	SignatureMalformed:  "the X-Kayle-Signature header is malformed",
	SignatureMismatch:   "the signature does not match: another secret, or a changed body",
	TimestampOutOfRange: "the signature is too far away from this machine's clock",
	JWEMalformed:        "the body is not a compact JWE",
	JWEUnsupported:      "the JWE is not RSA-OAEP-256 with A256GCM and a kid, without zip and crit",
	KeyUnknown:          "there is no private key for the kid of the JWE",
	DecryptionFailed:    "the JWE cannot be decrypted with the private key of this kid",
	EventInvalid:        "the decrypted text is not a Kayle event",
	EventMismatch:       "X-Kayle-Event differs from the type of the event",
	SecretInvalid:       "secrets must be 1 to 8 texts without blanks and line breaks",
	KeyInvalid:          "private keys must be 1 to 16 RSA keys of 2048 to 8192 bits: PEM (PKCS#8 or PKCS#1, not encrypted) or JWK",
	OptionInvalid:       "the tolerance must be 1 to 3600 seconds, the longest body at least 1 byte",
}

// Error is the one error of this package. It holds nothing of the request, and no cause.
type Error struct {
	Code Code
	// SkewS is how far this clock is ahead of the signature, for TimestampOutOfRange.
	SkewS int64
}

func (e *Error) Error() string {
	return "kayle: " + meanings[e.Code]
}

// Is compares codes, for errors.Is(err, &kayle.Error{Code: …}).
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// Status is what to answer with, without a body. It is 500 where the receiver is at fault.
func (e *Error) Status() int {
	switch e.Code {
	case BodyTooLarge:
		return http.StatusRequestEntityTooLarge
	case SignatureMissing, SignatureMalformed, SignatureMismatch, TimestampOutOfRange,
		JWEMalformed, JWEUnsupported, EventMismatch:
		return http.StatusBadRequest
	default:
		return http.StatusInternalServerError
	}
}

func fault(code Code) error {
	return &Error{Code: code}
}
