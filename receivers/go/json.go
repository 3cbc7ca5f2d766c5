package kayle

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON as RFC 8259 has it, and stricter where readers differ: no member twice, no number that a
// double cannot hold, no text that is not Unicode, and a limit of depth. encoding/json keeps the last
// of repeated members, matches names without regard to case and replaces what is no UTF-8.

// How deep arrays and objects may lie in one another. Events have a depth of three.
const depthMax = 32

var errNotJSON = errors.New("not JSON")

// parseJSON returns nil, bool, float64, string, []any or map[string]any.
func parseJSON(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, errNotJSON
	}
	reader := jsonReader{text: string(data)}
	value, err := reader.value(depthMax)
	if err == nil && reader.at != len(reader.text) {
		err = errNotJSON
	}
	return value, err
}

type jsonReader struct {
	text string
	at   int
}

// value reads one value with the blanks around it.
func (r *jsonReader) value(depthLeft int) (any, error) {
	r.blanks()
	value, err := r.bareValue(depthLeft)
	r.blanks()
	return value, err
}

func (r *jsonReader) bareValue(depthLeft int) (any, error) {
	switch next := r.peek(); {
	case next == '"':
		return r.string()
	case (next == '{' || next == '[') && depthLeft == 0:
		return nil, errNotJSON
	case next == '{':
		return r.object(depthLeft - 1)
	case next == '[':
		return r.array(depthLeft - 1)
	case r.skip("true"):
		return true, nil
	case r.skip("false"):
		return false, nil
	case r.skip("null"):
		return nil, nil
	default:
		return r.number()
	}
}

func (r *jsonReader) object(depthLeft int) (any, error) {
	object := map[string]any{}
	err := r.list("}", func() error {
		r.blanks()
		name, err := r.string()
		if err != nil {
			return err
		}
		r.blanks()
		if _, repeated := object[name]; repeated || !r.skip(":") {
			return errNotJSON
		}
		object[name], err = r.value(depthLeft)
		return err
	})
	return object, err
}

func (r *jsonReader) array(depthLeft int) (any, error) {
	array := []any{}
	err := r.list("]", func() error {
		item, err := r.value(depthLeft)
		array = append(array, item)
		return err
	})
	return array, err
}

// list reads what stands between brackets, separated by commas.
func (r *jsonReader) list(end string, item func() error) error {
	r.at++
	r.blanks()
	if r.skip(end) {
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		if !r.skip(",") {
			break
		}
	}
	if !r.skip(end) {
		return errNotJSON
	}
	return nil
}

func (r *jsonReader) string() (string, error) {
	if !r.skip(`"`) {
		return "", errNotJSON
	}
	var built strings.Builder
	for {
		rest := r.text[r.at:]
		plain := strings.IndexFunc(rest, func(c rune) bool { return c < 0x20 || c == '"' || c == '\\' })
		if plain < 0 {
			return "", errNotJSON
		}
		built.WriteString(rest[:plain])
		r.at += plain
		switch {
		case r.skip(`"`):
			return built.String(), nil
		case r.skip(`\`):
			escaped, err := r.escaped()
			if err != nil {
				return "", err
			}
			built.WriteRune(escaped)
		default:
			return "", errNotJSON
		}
	}
}

func (r *jsonReader) escaped() (rune, error) {
	const symbols, meant = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	next := r.peek()
	r.at++
	if next != 'u' {
		index := strings.IndexByte(symbols, next)
		if index < 0 || next == 0 {
			return 0, errNotJSON
		}
		return rune(meant[index]), nil
	}
	first, err := r.fourHex()
	if err != nil || !utf16.IsSurrogate(first) {
		return first, err
	}
	if !r.skip(`\u`) {
		return 0, errNotJSON
	}
	second, err := r.fourHex()
	pair := utf16.DecodeRune(first, second)
	if err != nil || pair == utf8.RuneError {
		return 0, errNotJSON
	}
	return pair, nil
}

func (r *jsonReader) fourHex() (rune, error) {
	if r.at+4 > len(r.text) {
		return 0, errNotJSON
	}
	digits := r.text[r.at : r.at+4]
	number, err := strconv.ParseUint(digits, 16, 16)
	if err != nil {
		return 0, errNotJSON
	}
	r.at += 4
	return rune(number), nil
}

func (r *jsonReader) number() (any, error) {
	start := r.at
	r.skip("-")
	if !r.skip("0") && !r.digits() {
		return nil, errNotJSON
	}
	if r.skip(".") && !r.digits() {
		return nil, errNotJSON
	}
	if r.skip("e") || r.skip("E") {
		if !r.skip("+") {
			r.skip("-")
		}
		if !r.digits() {
			return nil, errNotJSON
		}
	}
	number, err := strconv.ParseFloat(r.text[start:r.at], 64)
	if err != nil || math.IsInf(number, 0) {
		return nil, errNotJSON
	}
	return number, nil
}

func (r *jsonReader) digits() bool {
	start := r.at
	for next := r.peek(); next >= '0' && next <= '9'; next = r.peek() {
		r.at++
	}
	return r.at > start
}

func (r *jsonReader) blanks() {
	for next := r.peek(); next == ' ' || next == '\t' || next == '\n' || next == '\r'; next = r.peek() {
		r.at++
	}
}

// peek returns the next byte; 0 at the end.
func (r *jsonReader) peek() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

func (r *jsonReader) skip(expected string) bool {
	found := r.at <= len(r.text) && strings.HasPrefix(r.text[r.at:], expected)
	if found {
		r.at += len(expected)
	}
	return found
}
