package kayle

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
)

const modulusBitsMin, modulusBitsMax = 2048, 8192

// PrivateKey is an RSA private key, and the key_id that its public half was registered under.
type PrivateKey struct {
	kid string
	key *rsa.PrivateKey
}

// ParsePrivateKey reads a PEM (PKCS#8 or PKCS#1; line breaks may be the two characters \n, and there
// may be quotes around it) or a JWK. With an empty kid, the key is tried for every delivery that no kid
// fits.
func ParsePrivateKey(kid, text string) (PrivateKey, error) {
	text = strings.TrimSpace(text)
	var key *rsa.PrivateKey
	if strings.HasPrefix(text, "{") {
		key = parseJWK(text)
	} else {
		key = parsePEM(text)
	}
	return NewPrivateKey(kid, key)
}

// NewPrivateKey takes a key that your own code has read.
func NewPrivateKey(kid string, key *rsa.PrivateKey) (PrivateKey, error) {
	if key == nil || key.N.BitLen() < modulusBitsMin || key.N.BitLen() > modulusBitsMax || key.Validate() != nil {
		return PrivateKey{}, fault(KeyInvalid)
	}
	return PrivateKey{kid, key}, nil
}

// String shows nothing.
func (k PrivateKey) String() string {
	return "PrivateKey"
}

// GoString shows nothing.
func (k PrivateKey) GoString() string {
	return "PrivateKey"
}

// Registration is the body of POST /v1/webhooks/endpoints/{id}/keys.
type Registration struct {
	KeyID     string    `json:"key_id"`
	Algorithm string    `json:"algorithm"`
	KeyType   string    `json:"key_type"`
	JWK       PublicJWK `json:"jwk"`
}

// PublicJWK is the public half of a key.
type PublicJWK struct {
	Kty    string   `json:"kty"`
	N      string   `json:"n"`
	E      string   `json:"e"`
	Alg    string   `json:"alg"`
	KeyOps []string `json:"key_ops"`
}

// Registration returns what registers the public half under the key's kid.
func (k PrivateKey) Registration() Registration {
	jwk := PublicJWK{
		Kty:    "RSA",
		N:      base64url.EncodeToString(k.key.N.Bytes()),
		E:      base64url.EncodeToString(big.NewInt(int64(k.key.E)).Bytes()),
		Alg:    "RSA-OAEP-256",
		KeyOps: []string{"encrypt"},
	}
	return Registration{k.kid, "RSA-OAEP-256", "RSA", jwk}
}

// unwrap decrypts a content key; nil if it is not one for this key.
func (k PrivateKey) unwrap(wrapped []byte) []byte {
	key, err := rsa.DecryptOAEP(sha256.New(), nil, k.key, wrapped, nil)
	if err != nil || len(key) != contentKeyBytes {
		return nil
	}
	return key
}

func parsePEM(text string) *rsa.PrivateKey {
	text = strings.Trim(text, `"'`)
	text = strings.NewReplacer(`\r`, "", `\n`, "\n", "\r", "").Replace(text)
	block, rest := pem.Decode([]byte(strings.TrimSpace(text) + "\n"))
	if block == nil || len(bytes.TrimSpace(rest)) > 0 || len(block.Headers) > 0 {
		return nil
	}
	switch block.Type {
	case "PRIVATE KEY":
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		key, isRSA := parsed.(*rsa.PrivateKey)
		if err == nil && isRSA {
			return key
		}
	case "RSA PRIVATE KEY":
		if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return key
		}
	}
	return nil
}

func parseJWK(text string) *rsa.PrivateKey {
	var members map[string]any
	if json.Unmarshal([]byte(text), &members) != nil || members["kty"] != "RSA" {
		return nil
	}
	numbers := map[string]*big.Int{}
	for _, name := range []string{"n", "e", "d", "p", "q", "dp", "dq", "qi"} {
		digits, _ := members[name].(string)
		decoded, err := base64url.DecodeString(digits)
		if err != nil || len(decoded) == 0 {
			return nil
		}
		numbers[name] = new(big.Int).SetBytes(decoded)
	}
	if !numbers["e"].IsInt64() || numbers["e"].Int64() > 1<<31-1 {
		return nil
	}
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: numbers["n"], E: int(numbers["e"].Int64())},
		D:         numbers["d"],
		Primes:    []*big.Int{numbers["p"], numbers["q"]},
	}
	if key.Validate() != nil {
		return nil
	}
	key.Precompute()
	return key
}
