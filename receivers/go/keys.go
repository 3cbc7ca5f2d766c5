package kayle

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
)

const modulusBitsMin, modulusBitsMax = 2048, 8192

// publicExponentMax is what crypto/rsa takes.
const publicExponentMax = 1<<31 - 1

// PrivateKey is an RSA private key, and the key_id that its public half was registered under.
type PrivateKey struct {
	kid string
	key *rsa.PrivateKey
}

// ParsePrivateKey reads a PEM (PKCS#8 or PKCS#1; line breaks may be the two characters \n, and there
// may be quotes around it) or a JWK. With an empty kid, the key is tried for every delivery that no kid
// fits.
func ParsePrivateKey(kid, text string) (PrivateKey, error) {
	text = strings.Trim(text, asciiBlanks)
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

// Format shows nothing, whatever the verb.
func (k PrivateKey) Format(state fmt.State, _ rune) { fmt.Fprint(state, "PrivateKey") }

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

// asciiBlanks may stand around a key and between the symbols of a PEM.
const asciiBlanks = " \t\n\r\f"

// strictBase64 is the alphabet of PEM, in one spelling only.
var strictBase64 = base64.StdEncoding.Strict()

func parsePEM(text string) *rsa.PrivateKey {
	text = strings.Trim(text, `"'`)
	text = strings.ReplaceAll(strings.ReplaceAll(text, `\r`, ""), `\n`, "\n")
	text = strings.Trim(text, asciiBlanks)
	if der, ok := pemBlock(text, "PRIVATE KEY"); ok {
		return parsePKCS8(der)
	}
	if der, ok := pemBlock(text, "RSA PRIVATE KEY"); ok {
		return parsePKCS1(der)
	}
	return nil
}

// parsePKCS8 reads a PrivateKeyInfo (RFC 5208, 5), which may have attributes.
func parsePKCS8(der []byte) *rsa.PrivateKey {
	var parts []asn1.RawValue
	rest, err := asn1.Unmarshal(der, &parts)
	if err != nil || len(rest) > 0 || len(parts) < 3 {
		return nil
	}
	var key []byte
	if rest, err := asn1.Unmarshal(parts[2].FullBytes, &key); err != nil || len(rest) > 0 {
		return nil
	}
	if !bytes.Equal(parts[0].FullBytes, version0) || !bytes.Equal(parts[1].FullBytes, rsaEncryption) {
		return nil
	}
	return parsePKCS1(key)
}

var version0 = []byte{asn1.TagInteger, 1, 0}

// rsaEncryption has NULL as its parameters (RFC 8017, A.1).
var rsaEncryption = []byte{0x30, 13, asn1.TagOID, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, asn1.TagNull, 0}

// parsePKCS1 reads an RSAPrivateKey (RFC 8017, A.1.2). crypto/x509 passes over what is wrong behind the primes.
func parsePKCS1(der []byte) *rsa.PrivateKey {
	var numbers []*big.Int
	rest, err := asn1.Unmarshal(der, &numbers)
	if err != nil || len(rest) > 0 || len(numbers) != 9 || numbers[0].Sign() != 0 {
		return nil
	}
	return keyOf(numbers[1:])
}

// pemBlock reads a text that is one block and nothing else: encoding/pem looks for one anywhere.
func pemBlock(text, label string) ([]byte, bool) {
	begin, end := "-----BEGIN "+label+"-----", "-----END "+label+"-----"
	if !strings.HasPrefix(text, begin) || !strings.HasSuffix(text, end) || len(text) < len(begin)+len(end) {
		return nil, false
	}
	symbols := strings.FieldsFunc(text[len(begin):len(text)-len(end)], func(symbol rune) bool {
		return strings.ContainsRune(asciiBlanks, symbol)
	})
	return decodeBase64(strictBase64, strings.Join(symbols, ""))
}

func parseJWK(text string) *rsa.PrivateKey {
	parsed, err := parseJSON([]byte(text))
	members, isObject := parsed.(map[string]any)
	if err != nil || !isObject || members["kty"] != "RSA" {
		return nil
	}
	var numbers []*big.Int
	for _, name := range []string{"n", "e", "d", "p", "q", "dp", "dq", "qi"} {
		digits, isText := members[name].(string)
		decoded, ok := decodeBase64(base64url, digits)
		if !isText || !ok {
			return nil
		}
		numbers = append(numbers, new(big.Int).SetBytes(decoded))
	}
	return keyOf(numbers)
}

// keyOf makes a key of n, e, d, p, q, dp, dq, qi.
func keyOf(numbers []*big.Int) *rsa.PrivateKey {
	n, e, d, p, q := numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
	if !e.IsInt64() || e.Int64() > publicExponentMax || d.Cmp(n) >= 0 {
		return nil
	}
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: n, E: int(e.Int64())},
		D:         d,
		Primes:    []*big.Int{p, q},
	}
	if key.Validate() != nil {
		return nil
	}
	key.Precompute()
	// Go computes these three itself; that they are right tells whether the key was damaged.
	fits := key.Precomputed.Dp.Cmp(numbers[5]) == 0 &&
		key.Precomputed.Dq.Cmp(numbers[6]) == 0 &&
		key.Precomputed.Qinv.Cmp(numbers[7]) == 0
	if !fits {
		return nil
	}
	return key
}
