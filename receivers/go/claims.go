package kayle

import (
	"fmt"
	"strings"
)

var textClaims = map[string]bool{
	"date_of_birth": true, "document_expiry_date": true, "document_number": true,
	"document_photo": true, "document_type_code": true, "family_name": true, "given_names": true,
	"issuing_country_code": true, "kayle_document_id": true, "kayle_human_id": true,
	"mrz_optional_data": true, "nationality_code": true, "sex_marker": true,
}

// Claims is what the person shared. It does not show itself: %v, %#v and JSON tell how many there are.
type Claims struct {
	values hidden[map[string]any]
}

// Text returns a claim that is a text, and whether there is one.
func (c Claims) Text(key string) (string, bool) {
	text, ok := c.values.expose()[key].(string)
	return text, ok
}

// Flag returns a claim that is a boolean (age_over_N), and whether there is one.
func (c Claims) Flag(key string) (value, ok bool) {
	value, ok = c.values.expose()[key].(bool)
	return value, ok
}

// Expose returns everything: texts, booleans, and nil for what the person declined.
func (c Claims) Expose() map[string]any {
	copied := make(map[string]any, len(c.values.expose()))
	for key, value := range c.values.expose() {
		copied[key] = value
	}
	return copied
}

// String tells how many claims there are.
func (c Claims) String() string {
	return fmt.Sprintf("Claims(%d keys)", len(c.values.expose()))
}

// GoString tells how many claims there are.
func (c Claims) GoString() string {
	return c.String()
}

// MarshalText tells how many claims there are.
func (c Claims) MarshalText() ([]byte, error) {
	return []byte(c.String()), nil
}

// Format tells how many claims there are, whatever the verb: those for numbers look into structs.
func (c Claims) Format(state fmt.State, _ rune) {
	fmt.Fprint(state, c.String())
}

// readClaims takes known claims of their type, and others that are text, boolean or null.
func readClaims(members map[string]any) (Claims, bool) {
	for key, value := range members {
		switch value.(type) {
		case nil:
		case bool:
			if textClaims[key] {
				return Claims{}, false
			}
		case string:
			if isAgeClaim(key) {
				return Claims{}, false
			}
		default:
			return Claims{}, false
		}
	}
	return Claims{hide(members)}, true
}

func isAgeClaim(key string) bool {
	digits := strings.TrimPrefix(key, "age_over_")
	return digits != key && digits != "" && consistsOf(digits, '0', '9')
}
