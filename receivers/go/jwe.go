package kayle

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"strings"
)

const ivBytes, tagBytes, contentKeyBytes = 12, 16, 32

// base64url is without padding, in one spelling only.
var base64url = base64.RawURLEncoding.Strict()

// decodeBase64 decodes strictly: Go's encodings, strict ones too, pass over line breaks.
func decodeBase64(encoding *base64.Encoding, text string) ([]byte, bool) {
	decoded, err := encoding.DecodeString(text)
	return decoded, err == nil && !strings.ContainsAny(text, "\r\n")
}

type jwe struct {
	kid           string
	header        string
	wrappedKey    []byte
	iv            []byte
	contentAndTag []byte
}

// parseJWE reads the form first, then what the header asks for.
func parseJWE(body []byte) (jwe, error) {
	parts := strings.Split(string(body), ".")
	if len(parts) != 5 {
		return jwe{}, fault(JWEMalformed)
	}
	decoded := make([][]byte, len(parts))
	for index, part := range parts {
		bytes, ok := decodeBase64(base64url, part)
		if !ok {
			return jwe{}, fault(JWEMalformed)
		}
		decoded[index] = bytes
	}
	parsed, err := parseJSON(decoded[0])
	header, isObject := parsed.(map[string]any)
	if err != nil || !isObject || len(decoded[2]) != ivBytes || len(decoded[4]) != tagBytes {
		return jwe{}, fault(JWEMalformed)
	}
	kid, supported := supportedKid(header)
	if !supported {
		return jwe{}, fault(JWEUnsupported)
	}
	return jwe{kid, parts[0], decoded[1], decoded[2], append(decoded[3], decoded[4]...)}, nil
}

// supportedKid returns the header's kid. Unknown members are passed over, as RFC 7516 (4) wants.
func supportedKid(header map[string]any) (string, bool) {
	kid, isText := header["kid"].(string)
	_, zip := header["zip"]
	_, crit := header["crit"]
	return kid, isText && header["alg"] == "RSA-OAEP-256" && header["enc"] == "A256GCM" && !zip && !crit
}

// decrypt tries the keys. There is one error for every cause.
func (j jwe) decrypt(keys []PrivateKey) ([]byte, error) {
	for _, key := range keys {
		if plaintext := j.decryptWith(key); plaintext != nil {
			return plaintext, nil
		}
	}
	return nil, fault(DecryptionFailed)
}

func (j jwe) decryptWith(key PrivateKey) []byte {
	contentKey := key.unwrap(j.wrappedKey)
	if contentKey == nil {
		return nil
	}
	block, err := aes.NewCipher(contentKey)
	if err != nil {
		return nil
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil
	}
	plaintext, err := gcm.Open([]byte{}, j.iv, j.contentAndTag, []byte(j.header))
	if err != nil {
		return nil
	}
	return plaintext
}
