package kayle

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

type vector struct {
	ID, Why string
	Options struct {
		Secrets []string
		Keys    []struct {
			KID string
			Key string
		}
		NowS         int64 `json:"now_s"`
		ToleranceS   *int  `json:"tolerance_s"`
		BodyBytesMax *int  `json:"body_bytes_max"`
	}
	Headers    [][2]string
	BodyBase64 string `json:"body_base64"`
	Expect     map[string]any
}

type vectorFile struct {
	Keys  map[string]string
	Cases []vector
}

func vectors(t *testing.T) vectorFile {
	text, err := os.ReadFile("../vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file vectorFile
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestMain runs the tests or, for the comparison of all libraries, cases as they come: a case a line in,
// an outcome a line out, the keys in the first line. A key that is not named there is its own text.
func TestMain(m *testing.M) {
	if os.Getenv("KAYLE_LINES") == "" {
		os.Exit(m.Run())
	}
	decoder := json.NewDecoder(os.Stdin)
	var keys map[string]string
	if err := decoder.Decode(&keys); err != nil {
		panic(err)
	}
	for {
		var made vector
		if decoder.Decode(&made) != nil {
			return
		}
		text, _ := json.Marshal(outcomeOf(open(made, keys)))
		fmt.Println(string(text))
	}
}

func TestEveryCaseEndsAsItMust(t *testing.T) {
	file := vectors(t)
	for _, made := range file.Cases {
		// Go's types exclude a parsed body.
		if made.Expect["error"] == "body_unavailable" {
			continue
		}
		if outcome := outcomeOf(open(made, file.Keys)); !reflect.DeepEqual(outcome, made.Expect) {
			t.Errorf("%s (%s): %v, not %v", made.ID, made.Why, outcome, made.Expect)
		}
	}
}

func TestNothingThatIsPrintedHoldsAClaimASecretOrABody(t *testing.T) {
	file := vectors(t)
	markers := []string{"Curie", "Marie", "1995-04-12", "kdoc_1", "0123456789abcdefghijklmnopqrstuv"}
	for _, made := range file.Cases {
		event, err := open(made, file.Keys)
		asJSON, _ := json.Marshal(event)
		printed := fmt.Sprintf("%v %+v %#v %d %s %v %#v", event, event, event, event, asJSON, err, err)
		body, _ := base64.StdEncoding.DecodeString(made.BodyBase64)
		if len(body) >= 24 {
			if strings.Contains(printed, string(body[:24])) {
				t.Errorf("%s shows its body", made.ID)
			}
		}
		for _, marker := range markers {
			if strings.Contains(printed, marker) {
				t.Errorf("%s shows %s", made.ID, marker)
			}
		}
	}
}

func open(made vector, keys map[string]string) (Event, error) {
	options := Options{
		Secrets: made.Options.Secrets,
		Now:     func() time.Time { return time.Unix(made.Options.NowS, 0) },
	}
	for given, option := range map[*int]*int{
		made.Options.ToleranceS:   &options.ToleranceS,
		made.Options.BodyBytesMax: &options.BodyBytesMax,
	} {
		if given != nil {
			*option = *given
			// Zero stands for the default in Go; what is meant is a limit that is none.
			if *given == 0 {
				*option = -1
			}
		}
	}
	for _, key := range made.Options.Keys {
		text, isNamed := keys[key.Key]
		if !isNamed {
			text = key.Key
		}
		parsed, err := ParsePrivateKey(key.KID, text)
		if err != nil {
			return nil, err
		}
		options.PrivateKeys = append(options.PrivateKeys, parsed)
	}
	receiver, err := NewReceiver(options)
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	for _, pair := range made.Headers {
		header[pair[0]] = append(header[pair[0]], pair[1])
	}
	body, _ := base64.StdEncoding.DecodeString(made.BodyBase64)
	return receiver.Unwrap(header, body)
}

func outcomeOf(event Event, err error) map[string]any {
	if err != nil {
		return map[string]any{"error": string(err.(*Error).Code)}
	}
	// Numbers become those of JSON.
	text, _ := json.Marshal(map[string]any{"event": view(event)})
	var outcome map[string]any
	_ = json.Unmarshal(text, &outcome)
	return outcome
}

func view(event Event) map[string]any {
	shown := map[string]any{"variant": event.Type(), "type": event.Type(), "event_id": event.ID(),
		"verification_session_id": event.SessionID()}
	with := func(meta Metadata, pairs ...any) map[string]any {
		shown["contract_version"] = meta.ContractVersion
		if meta.VerificationAttemptID != "" {
			shown["verification_attempt_id"] = meta.VerificationAttemptID
		}
		for index := 0; index < len(pairs); index += 2 {
			shown[pairs[index].(string)] = pairs[index+1]
		}
		return shown
	}
	switch event := event.(type) {
	case SessionSucceeded:
		return with(event.Metadata, "claims", viewClaims(event.Claims), "selected_field_keys", event.SelectedFieldKeys)
	case AttemptSucceeded:
		return with(event.Metadata, "claims", viewClaims(event.Claims), "selected_field_keys", event.SelectedFieldKeys)
	case SessionFailed:
		return with(event.Metadata, "failure_code", event.FailureCode,
			"nfc_tries_used", event.NFCTriesUsed, "liveness_tries_used", event.LivenessTriesUsed)
	case SessionCancelled:
		return with(event.Metadata, "outcome", event.Outcome, "reason", event.Reason,
			"nfc_tries_used", event.NFCTriesUsed, "liveness_tries_used", event.LivenessTriesUsed)
	case AttemptFailed:
		return with(event.Metadata, "failure_code", event.FailureCode)
	case SessionExpired:
		return with(event.Metadata)
	case Test:
		return map[string]any{"variant": "test", "event_id": event.ID(), "proof": event.Proof, "sample": view(event.Sample)}
	case Unknown:
		shown["variant"] = "unknown"
	}
	return shown
}

func viewClaims(claims Claims) map[string]any {
	shown := claims.Expose()
	for key, value := range shown {
		if text, isText := value.(string); isText && utf8.RuneCountInString(text) > 200 {
			sum := sha256.Sum256([]byte(text))
			shown[key] = "sha256:" + hex.EncodeToString(sum[:])
		}
	}
	return shown
}

func TestTheHandlerAnswersWithStatusAndProof(t *testing.T) {
	file := vectors(t)
	check := func(id string, status int, wantsProof bool) {
		for _, made := range file.Cases {
			if made.ID != id {
				continue
			}
			key, _ := ParsePrivateKey("customer-key-1", file.Keys["rsa2048a"])
			receiver, err := NewReceiver(Options{Secrets: made.Options.Secrets, PrivateKeys: []PrivateKey{key},
				Now: func() time.Time { return time.Unix(made.Options.NowS, 0) }})
			if err != nil {
				t.Fatal(err)
			}
			body, _ := base64.StdEncoding.DecodeString(made.BodyBase64)
			request := httptest.NewRequest(http.MethodPost, "/kayle", bytes.NewReader(body))
			for _, pair := range made.Headers {
				request.Header.Add(pair[0], pair[1])
			}
			answer := httptest.NewRecorder()
			handle := func(*http.Request, Event) error { return nil }
			receiver.Handler(handle, nil).ServeHTTP(answer, request)
			proof := answer.Header().Get("X-Kayle-Proof")
			if answer.Code != status || answer.Body.Len() > 0 || (proof != "") != wantsProof {
				t.Errorf("%s: %d %q", id, answer.Code, proof)
			}
		}
	}
	check("P01", 204, false)
	check("P07", 204, true)
	check("P31", 204, false)
	check("N26", 400, false)
	check("N67", 500, false)
}
