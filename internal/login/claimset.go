package login

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"
)

// claimSet is the claims of an ID token or a userinfo answer, not yet decoded:
// the types differ from provider to provider.
type claimSet map[string]json.RawMessage

// text returns a claim that is a string. A claim of another type is present
// with no text.
func (c claimSet) text(name string) (text string, present bool) {
	raw, present := c[name]
	if !present || string(raw) == "null" {
		return "", false
	}
	if json.Unmarshal(raw, &text) != nil {
		return "", true
	}
	return text, true
}

// doubts tells whether a claim is there and does not say yes: true, which some
// providers write as text or as 1. Whatever else stands there is no yes.
func (c claimSet) doubts(name string) bool {
	raw, present := c[name]
	if !present || string(raw) == "true" || string(raw) == "1" {
		return false
	}
	text, _ := c.text(name)
	return text != "true"
}

// time returns a claim that is a time in seconds since 1970 (RFC 7519,
// NumericDate).
func (c claimSet) time(name string) (at time.Time, present bool, err error) {
	raw, present := c[name]
	if !present || string(raw) == "null" {
		return time.Time{}, false, nil
	}
	var seconds float64
	// Beyond the year 9999 conversions to integers and dates go wrong.
	if json.Unmarshal(raw, &seconds) != nil || seconds < 0 || seconds > 253402300799 || math.IsNaN(seconds) {
		return time.Time{}, true, fmt.Errorf("%s is not a time", name)
	}
	return time.Unix(int64(seconds), 0), true, nil
}

// values returns a claim as text: one value, or several where it is a list. It
// takes strings, numbers and booleans; not objects or lists of them. An absent
// claim has no values.
func (c claimSet) values(name string) (values []string, list, ok bool) {
	raw, present := c[name]
	if !present || string(raw) == "null" {
		return nil, false, true
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // an id of 20 digits keeps them
	var v any
	if decoder.Decode(&v) != nil {
		return nil, false, false
	}
	items, list := v.([]any)
	if !list {
		items = []any{v}
	}
	values = make([]string, 0, len(items))
	for _, item := range items {
		switch item := item.(type) {
		case string:
			values = append(values, item)
		case json.Number:
			values = append(values, item.String())
		case bool:
			values = append(values, fmt.Sprint(item))
		default:
			return nil, list, false
		}
	}
	if !list && values[0] == "" {
		return nil, false, true
	}
	return values, list, true
}

// lackAny tells whether one of names is absent or empty.
func (c claimSet) lackAny(names []string) bool {
	return slices.ContainsFunc(names, c.lacks)
}

func (c claimSet) lacks(name string) bool {
	raw, present := c[name]
	return !present || string(raw) == "null" || string(raw) == `""`
}

// fill takes those of names that are missing from more. Where that is the e-mail
// address, what is said there of its proof comes along: it is about that address.
func (c claimSet) fill(more claimSet, names []string) {
	if raw, there := more["email_verified"]; there && c.lacks("email") && !more.lacks("email") && slices.Contains(names, "email") {
		c["email_verified"] = raw
	}
	for _, name := range names {
		if raw, there := more[name]; there && c.lacks(name) {
			c[name] = raw
		}
	}
}

// plain tells whether s is well-formed text without control characters. The
// replacement character stands for what JSON could not say, such as half a
// surrogate pair: two names that differ there only would be one.
func plain(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return false
		}
	}
	return true
}
