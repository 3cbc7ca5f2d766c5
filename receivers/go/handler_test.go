package kayle_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	kayle "github.com/kayle-id/webhooks/receivers/go"
	"github.com/kayle-id/webhooks/receivers/go/kayletest"
)

const secret = "whsec_0123456789abcdefghijklmnopqrstuv"

func made(t *testing.T) (*kayle.Receiver, kayle.Options, http.Header, []byte) {
	private, err := kayletest.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := kayle.NewPrivateKey("customer-key-1", private)
	if err != nil {
		t.Fatal(err)
	}
	options := kayle.Options{Secrets: []string{secret}, PrivateKeys: []kayle.PrivateKey{key}}
	receiver, err := kayle.NewReceiver(options)
	if err != nil {
		t.Fatal(err)
	}
	metadata := map[string]any{"contract_version": 1, "event_id": "evt_1", "test": true, "challenge": "c",
		"verification_session_id": "vs_" + strings.Repeat("0", 64)}
	data := map[string]any{"claims": map[string]any{"family_name": "Curie"}, "selected_field_keys": []string{}}
	event := map[string]any{"type": "verification.session.succeeded", "metadata": metadata, "data": data}
	header, body, err := kayletest.Delivery(event, "customer-key-1", &private.PublicKey, secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return receiver, options, header, body
}

func TestAnErrorOfTheHandlerIsToldAndProvesNothing(t *testing.T) {
	receiver, _, header, body := made(t)
	failure := errors.New("no database")
	for _, outcome := range []error{failure, nil} {
		var told []error
		handle := func(*http.Request, kayle.Event) error { return outcome }
		handler := receiver.Handler(handle, func(err error) { told = append(told, err) })
		request := httptest.NewRequest(http.MethodPost, "/kayle", bytes.NewReader(body))
		request.Header = header
		answered := httptest.NewRecorder()
		handler.ServeHTTP(answered, request)
		proven := answered.Header().Get("X-Kayle-Proof") != ""
		if proven != (outcome == nil) || (answered.Code == 204) != (outcome == nil) {
			t.Errorf("%v: %d, proven: %t", outcome, answered.Code, proven)
		}
		if outcome != nil && (len(told) != 1 || told[0] != failure) {
			t.Errorf("told %v", told)
		}
	}
}

func TestNoVerbShowsASecretAKeyOrAClaim(t *testing.T) {
	receiver, options, header, body := made(t)
	event, err := receiver.Unwrap(header, body)
	if err != nil {
		t.Fatal(err)
	}
	claims := event.(kayle.Test).Sample
	private := options.PrivateKeys[0]
	values := []any{options, &options, *receiver, receiver, private, &private, claims,
		struct{ Inside any }{options}, struct{ inside *kayle.Receiver }{receiver}, struct{ inside kayle.Receiver }{*receiver},
		struct{ inside kayle.PrivateKey }{private}, struct{ inside kayle.Event }{claims}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
		for _, value := range values {
			printed := fmt.Sprintf(verb, value)
			for _, marker := range []string{"0123456789abcdef", "Curie", "3031323334353637", "[48 49 50", "Primes"} {
				if strings.Contains(printed, marker) {
					t.Errorf("%s of %T shows %s", verb, value, marker)
				}
			}
		}
	}
}

func TestABodyThatBreaksOffIsUnavailable(t *testing.T) {
	receiver, _, header, _ := made(t)
	var told error
	handler := receiver.Handler(nil, func(err error) { told = err })
	request := httptest.NewRequest(http.MethodPost, "/kayle", broken{})
	request.Header = header
	answered := httptest.NewRecorder()
	handler.ServeHTTP(answered, request)
	if answered.Code != 500 || !errors.Is(told, &kayle.Error{Code: kayle.BodyUnavailable}) {
		t.Error(answered.Code, told)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the connection ended") }
