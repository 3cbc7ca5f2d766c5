// Package kayletest creates deliveries like those of the service, for your own tests.
package kayletest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// GenerateKey creates a throw-away key of 2048 bits.
func GenerateKey() (*rsa.PrivateKey, error) {
	return rsa.GenerateKey(rand.Reader, 2048)
}

// Delivery encrypts and signs an event, such as the documentation shows, as the service does.
func Delivery(event any, kid string, key *rsa.PublicKey, secret string, signedAt time.Time) (http.Header, []byte, error) {
	plaintext, err := json.Marshal(event)
	if err != nil {
		return nil, nil, err
	}
	jwe, err := encrypt(plaintext, kid, key)
	if err != nil {
		return nil, nil, err
	}
	seconds := fmt.Sprint(signedAt.Unix())
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "." + jwe))
	header := http.Header{}
	header.Set("Content-Type", "application/jose")
	header.Set("X-Kayle-Signature", "t="+seconds+",v1="+hex.EncodeToString(mac.Sum(nil)))
	return header, []byte(jwe), nil
}

func encrypt(plaintext []byte, kid string, key *rsa.PublicKey) (string, error) {
	head, err := json.Marshal(map[string]string{"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": kid})
	if err != nil {
		return "", err
	}
	random := make([]byte, 32+12)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	contentKey, iv := random[:32], random[32:]
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, key, contentKey, nil)
	if err != nil {
		return "", err
	}
	block, err := aes.NewCipher(contentKey)
	if err != nil {
		return "", err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	header := encode(head)
	sealed := gcm.Seal(nil, iv, plaintext, []byte(header))
	end := len(sealed) - gcm.Overhead()
	parts := []string{header, encode(wrapped), encode(iv), encode(sealed[:end]), encode(sealed[end:])}
	return strings.Join(parts, "."), nil
}
