package kayle

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
)

// Event is one of the eight types below: use a type switch.
type Event interface {
	// Type is the name on the wire; of a test, "test".
	Type() string
	// ID tells repeats: it is the same in every attempt, retry and replay.
	ID() string
	// SessionID is the session.
	SessionID() string
}

// Metadata is what every event tells of itself.
type Metadata struct {
	EventID               string
	VerificationSessionID string
	// VerificationAttemptID is empty but in the two attempt types.
	VerificationAttemptID string
	ContractVersion       int64
}

// ID tells repeats.
func (m Metadata) ID() string { return m.EventID }

// SessionID is the session.
func (m Metadata) SessionID() string { return m.VerificationSessionID }

// SessionSucceeded: the person shared these claims.
type SessionSucceeded struct {
	Metadata
	Claims            Claims
	SelectedFieldKeys []string
}

// SessionFailed: a check failed for good. New failure codes may appear.
type SessionFailed struct {
	Metadata
	FailureCode       string
	NFCTriesUsed      int64
	LivenessTriesUsed int64
}

// SessionExpired: the session's time was over.
type SessionExpired struct {
	Metadata
}

// SessionCancelled: the session was cancelled, or its result withdrawn. New reasons may appear.
type SessionCancelled struct {
	Metadata
	Outcome           string
	Reason            string
	NFCTriesUsed      int64
	LivenessTriesUsed int64
}

// AttemptSucceeded: one attempt succeeded (older generation).
type AttemptSucceeded struct {
	Metadata
	Claims            Claims
	SelectedFieldKeys []string
}

// AttemptFailed: one attempt failed (older generation).
type AttemptFailed struct {
	Metadata
	FailureCode string
}

// Test is a test delivery, about nobody. Answer it with the header X-Kayle-Proof: Proof.
type Test struct {
	Metadata
	Proof string
	// Sample is the documented sample of the type that was asked for.
	Sample Event
}

// Unknown is of a type that this version does not know. Answer it as if it were handled.
type Unknown struct {
	Metadata
	Name string
	json hidden[map[string]any]
}

// Expose returns the whole event.
func (e Unknown) Expose() map[string]any { return e.json.expose() }

// Format shows the name only.
func (e Unknown) Format(state fmt.State, _ rune) { fmt.Fprintf(state, "Unknown(%q)", e.Name) }

// Type is the name on the wire.
func (SessionSucceeded) Type() string { return "verification.session.succeeded" }

// Type is the name on the wire.
func (SessionFailed) Type() string { return "verification.session.failed" }

// Type is the name on the wire.
func (SessionExpired) Type() string { return "verification.session.expired" }

// Type is the name on the wire.
func (SessionCancelled) Type() string { return "verification.session.cancelled" }

// Type is the name on the wire.
func (AttemptSucceeded) Type() string { return "verification.attempt.succeeded" }

// Type is the name on the wire.
func (AttemptFailed) Type() string { return "verification.attempt.failed" }

// Type is "test".
func (Test) Type() string { return "test" }

// Type is the name on the wire.
func (e Unknown) Type() string { return e.Name }

// IsTerminal says whether the session has ended with this event. A test ends nothing.
func IsTerminal(event Event) bool {
	switch event.(type) {
	case SessionSucceeded, SessionFailed, SessionExpired, SessionCancelled:
		return true
	}
	return false
}

// Outranks says whether an event supersedes one of the same session that was handled before it: a
// cancellation does, since the person withdrew what an earlier event told.
func Outranks(event Event, earlierType string) bool {
	_, isCancelled := event.(SessionCancelled)
	return isCancelled && earlierType != event.Type()
}

var nobodysSession = "vs_" + strings.Repeat("0", 64)

// readEvent gives the event and its name on the wire.
func readEvent(plaintext []byte) (string, Event, error) {
	parsed, err := parseJSON(plaintext)
	if err != nil {
		return "", nil, fault(EventInvalid)
	}
	object, isObject := parsed.(map[string]any)
	root := &members{object, isObject}
	name, metadata := root.text("type"), root.object("metadata")
	short := Metadata{
		EventID:               metadata.text("event_id"),
		VerificationSessionID: metadata.text("verification_session_id"),
	}
	isTest := metadata.mark("test")
	isNobodys := short.VerificationSessionID == nobodysSession
	if !root.ok || !metadata.ok || isTest != isNobodys {
		return "", nil, fault(EventInvalid)
	}
	event, ok := read(name, short, root, metadata)
	if ok && isTest {
		challenge := metadata.text("challenge")
		message := "kayle-proof." + short.EventID + "." + challenge
		proof := sha256.Sum256([]byte(message))
		event, ok = Test{short, hex.EncodeToString(proof[:]), event}, metadata.ok
	}
	if !ok {
		return "", nil, fault(EventInvalid)
	}
	return name, event, nil
}

func read(name string, meta Metadata, root, metadata *members) (Event, bool) {
	known, isKnown := readers[name]
	if !isKnown {
		return Unknown{meta, name, hide(root.values)}, true
	}
	meta.ContractVersion = metadata.integer("contract_version")
	if strings.HasPrefix(name, "verification.attempt.") {
		meta.VerificationAttemptID = metadata.text("verification_attempt_id")
	}
	data := root.object("data")
	event := known(meta, data)
	return event, root.ok && metadata.ok && data.ok
}

var readers = map[string]func(Metadata, *members) Event{
	"verification.session.succeeded": func(meta Metadata, data *members) Event {
		return SessionSucceeded{meta, data.claims("claims"), data.texts("selected_field_keys")}
	},
	"verification.session.failed": func(meta Metadata, data *members) Event {
		return SessionFailed{meta, data.text("failure_code"),
			data.integer("nfc_tries_used"), data.integer("liveness_tries_used")}
	},
	"verification.session.expired": func(meta Metadata, _ *members) Event {
		return SessionExpired{meta}
	},
	"verification.session.cancelled": func(meta Metadata, data *members) Event {
		return SessionCancelled{meta, data.text("outcome"), data.text("reason"),
			data.integer("nfc_tries_used"), data.integer("liveness_tries_used")}
	},
	"verification.attempt.succeeded": func(meta Metadata, data *members) Event {
		return AttemptSucceeded{meta, data.claims("claims"), data.texts("selected_field_keys")}
	},
	"verification.attempt.failed": func(meta Metadata, data *members) Event {
		return AttemptFailed{meta, data.text("failure_code")}
	},
}

// members reads an object; ok turns false at the first member that is not there or of another type.
type members struct {
	values map[string]any
	ok     bool
}

func (m *members) text(name string) string {
	text, isText := m.values[name].(string)
	m.ok = m.ok && isText
	return text
}

func (m *members) texts(name string) []string {
	array, isArray := m.values[name].([]any)
	m.ok = m.ok && isArray
	texts := make([]string, len(array))
	for index, item := range array {
		text, isText := item.(string)
		m.ok = m.ok && isText
		texts[index] = text
	}
	return texts
}

// integer reads a whole number within 53 bits, however it is written.
func (m *members) integer(name string) int64 {
	number, isNumber := m.values[name].(float64)
	m.ok = m.ok && isNumber && number == math.Trunc(number) && math.Abs(number) <= 1<<53-1
	if !m.ok {
		return 0
	}
	return int64(number)
}

func (m *members) object(name string) *members {
	object, isObject := m.values[name].(map[string]any)
	m.ok = m.ok && isObject
	return &members{object, isObject}
}

func (m *members) claims(name string) Claims {
	claims, areClaims := readClaims(m.object(name).values)
	m.ok = m.ok && areClaims
	return claims
}

// mark reads a boolean that may be absent.
func (m *members) mark(name string) bool {
	value, isThere := m.values[name]
	marked, isBoolean := value.(bool)
	m.ok = m.ok && (isBoolean || !isThere)
	return marked
}
