package kayle

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const (
	signatureHeader = "X-Kayle-Signature"
	// Twelve digits reach the year 33658.
	timeDigitsMax = 12
)

type signature struct {
	seconds string
	tag     []byte
}

// parseSignature reads the values of the header, of which there must be one.
func parseSignature(values []string) (signature, error) {
	if len(values) == 0 {
		return signature{}, fault(SignatureMissing)
	}
	found := map[string]string{}
	for _, element := range strings.Split(values[0], ",") {
		name, value, isField := strings.Cut(element, "=")
		_, repeated := found[name]
		if !isField || repeated {
			return signature{}, fault(SignatureMalformed)
		}
		if name == "t" || name == "v1" {
			found[name] = value
		}
	}
	seconds, digits := found["t"], found["v1"]
	formed := len(values) == 1 && consistsOf(values[0], '!', '~') &&
		len(seconds) >= 1 && len(seconds) <= timeDigitsMax && consistsOf(seconds, '0', '9') &&
		len(digits) == 2*sha256.Size && digits == strings.ToLower(digits)
	tag, err := hex.DecodeString(digits)
	if !formed || err != nil {
		return signature{}, fault(SignatureMalformed)
	}
	return signature{seconds, tag}, nil
}

func consistsOf(text string, first, last byte) bool {
	for index := 0; index < len(text); index++ {
		if text[index] < first || text[index] > last {
			return false
		}
	}
	return true
}

// isSigned says whether one of the secrets signed the body. Each is tried, so that time does not tell
// which.
func (s signature) isSigned(secrets []string, body []byte) bool {
	signed := false
	for _, secret := range secrets {
		signed = hmac.Equal(sign(secret, s.seconds, body), s.tag) || signed
	}
	return signed
}

// sign computes the tag: the message is the text of t, a full stop, and the body's bytes.
func sign(secret, seconds string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return mac.Sum(nil)
}
