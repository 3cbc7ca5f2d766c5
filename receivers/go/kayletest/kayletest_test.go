package kayletest

import (
	"testing"
	"time"

	kayle "github.com/kayle-id/webhooks/receivers/go"
)

func TestWhatIsMadeIsReceived(t *testing.T) {
	private, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := kayle.NewPrivateKey("customer-key-1", private)
	if err != nil {
		t.Fatal(err)
	}
	receiver, err := kayle.NewReceiver(kayle.Options{Secrets: []string{"whsec_x"}, PrivateKeys: []kayle.PrivateKey{key}})
	if err != nil {
		t.Fatal(err)
	}
	metadata := map[string]any{"contract_version": 1, "event_id": "evt_1", "verification_session_id": "vs_1"}
	event := map[string]any{"type": "verification.session.expired", "metadata": metadata, "data": map[string]any{}}
	header, body, err := Delivery(event, "customer-key-1", &private.PublicKey, "whsec_x", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	received, err := receiver.Unwrap(header, body)
	if err != nil || received.ID() != "evt_1" {
		t.Fatal(received, err)
	}
}
