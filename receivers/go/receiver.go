// Package kayle verifies, decrypts and reads the webhooks that Kayle sends.
package kayle

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const (
	secretsMax     = 8
	privateKeysMax = 16
	toleranceS     = 300
	toleranceSMax  = 3600
	// A portrait makes a body of 2.8 MB.
	bodyBytesMax = 4 << 20
)

// Options is what a receiver is made of. Zero values stand for defaults.
type Options struct {
	// Secrets are the endpoint's signing secrets: one, or the next and the current during a rotation.
	Secrets []string
	// ReadSecrets, if set, is called for each request instead.
	ReadSecrets func() []string
	// PrivateKeys are old and new: 1 to 16.
	PrivateKeys []PrivateKey
	// ToleranceS is how far a signature may lie from this machine's time, both ways: 1 to 3600.
	ToleranceS int
	// BodyBytesMax is the longest body that is looked at: 4 MiB.
	BodyBytesMax int
	// Now is for tests.
	Now func() time.Time
}

// Format shows nothing, whatever the verb.
func (o Options) Format(state fmt.State, _ rune) { fmt.Fprint(state, "Options") }

// Receiver opens requests. One is enough for a process.
type Receiver struct {
	hidden hidden[Options]
}

// NewReceiver creates a receiver. An error is an *Error: SecretInvalid, KeyInvalid or OptionInvalid.
func NewReceiver(options Options) (*Receiver, error) {
	if options.ReadSecrets == nil && !areUsable(options.Secrets) {
		return nil, fault(SecretInvalid)
	}
	if len(options.PrivateKeys) < 1 || len(options.PrivateKeys) > privateKeysMax {
		return nil, fault(KeyInvalid)
	}
	for _, key := range options.PrivateKeys {
		if key.key == nil {
			return nil, fault(KeyInvalid)
		}
	}
	setDefaults(&options)
	if options.ToleranceS < 1 || options.ToleranceS > toleranceSMax || options.BodyBytesMax < 1 {
		return nil, fault(OptionInvalid)
	}
	return &Receiver{hide(options)}, nil
}

func setDefaults(options *Options) {
	if options.ToleranceS == 0 {
		options.ToleranceS = toleranceS
	}
	if options.BodyBytesMax == 0 {
		options.BodyBytesMax = bodyBytesMax
	}
	if options.Now == nil {
		options.Now = time.Now
	}
}

// Format shows nothing, whatever the verb.
func (r Receiver) Format(state fmt.State, _ rune) { fmt.Fprint(state, "Receiver") }

// Unwrap verifies, decrypts and reads a request. An error is an *Error: answer with its Status.
func (r *Receiver) Unwrap(header http.Header, body []byte) (Event, error) {
	if len(body) > r.hidden.expose().BodyBytesMax {
		return nil, fault(BodyTooLarge)
	}
	if err := r.verify(valuesOf(header, signatureHeader), body); err != nil {
		return nil, err
	}
	parsed, err := parseJWE(body)
	if err != nil {
		return nil, err
	}
	keys, err := r.keysFor(parsed.kid)
	if err != nil {
		return nil, err
	}
	plaintext, err := parsed.decrypt(keys)
	if err != nil {
		return nil, err
	}
	name, event, err := readEvent(plaintext)
	if err != nil {
		return nil, err
	}
	for _, named := range valuesOf(header, "X-Kayle-Event") {
		if named != name {
			return nil, fault(EventMismatch)
		}
	}
	return event, nil
}

// Handler is a whole handler: it answers what is refused with its status, a test with its proof, and
// an error of handle, which is yours, with 500, so that the delivery comes again. onError, which may be
// nil, is told of each: a refusal is an *Error, anything else is the error of handle.
func (r *Receiver) Handler(handle func(*http.Request, Event) error, onError func(error)) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		event, err := r.unwrapRequest(request)
		status := http.StatusNoContent
		var refused *Error
		if errors.As(err, &refused) {
			status = refused.Status()
		} else if err = handle(request, event); err != nil {
			status = http.StatusInternalServerError
		} else if test, isTest := event.(Test); isTest {
			writer.Header().Set("X-Kayle-Proof", test.Proof)
		}
		if err != nil && onError != nil {
			onError(err)
		}
		writer.WriteHeader(status)
	})
}

func (r *Receiver) unwrapRequest(request *http.Request) (Event, error) {
	body, err := io.ReadAll(io.LimitReader(request.Body, int64(r.hidden.expose().BodyBytesMax)+1))
	if err != nil {
		return nil, fault(BodyUnavailable)
	}
	return r.Unwrap(request.Header, body)
}

func (r *Receiver) verify(values []string, body []byte) error {
	signed, err := parseSignature(values)
	if err != nil {
		return err
	}
	secrets := r.hidden.expose().Secrets
	if r.hidden.expose().ReadSecrets != nil {
		secrets = r.hidden.expose().ReadSecrets()
	}
	if !areUsable(secrets) {
		return fault(SecretInvalid)
	}
	if !signed.isSigned(secrets, body) {
		return fault(SignatureMismatch)
	}
	seconds, _ := strconv.ParseInt(signed.seconds, 10, 64)
	skewS := r.hidden.expose().Now().Unix() - seconds
	if skewS > int64(r.hidden.expose().ToleranceS) || -skewS > int64(r.hidden.expose().ToleranceS) {
		return &Error{TimestampOutOfRange, skewS}
	}
	return nil
}

// keysFor returns the keys of this label, which may be several, or else those without label.
func (r *Receiver) keysFor(kid string) ([]PrivateKey, error) {
	var labelled, others []PrivateKey
	for _, key := range r.hidden.expose().PrivateKeys {
		if key.kid == "" {
			others = append(others, key)
		} else if key.kid == kid {
			labelled = append(labelled, key)
		}
	}
	if len(labelled) > 0 {
		return labelled, nil
	}
	if len(others) > 0 {
		return others, nil
	}
	return nil, fault(KeyUnknown)
}

// valuesOf compares names without regard to case, which http.Header does for names in its own case only.
func valuesOf(header http.Header, name string) []string {
	var values []string
	for found, of := range header {
		if strings.EqualFold(found, name) {
			values = append(values, of...)
		}
	}
	return values
}

func areUsable(secrets []string) bool {
	for _, secret := range secrets {
		if secret == "" || strings.IndexFunc(secret, isBlank) >= 0 {
			return false
		}
	}
	return len(secrets) >= 1 && len(secrets) <= secretsMax
}

func isBlank(symbol rune) bool {
	return unicode.IsSpace(symbol) || unicode.IsControl(symbol) || symbol == '\ufeff'
}
