// Package claims reads what tokens and userinfo answers say. It reads text,
// times and lists with the same care and the same limits for every kind of
// token, and turns what is said of a user into a session.
//
// Values come from people's profiles and from tokens that anybody may have
// made, so a display name may hold anything. What a session or a header should
// not hold is left out, with a line in the log. The package checks no signature
// and makes no request: that is for package provider.
package claims

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Set is a JSON object, its members not yet decoded: the claims of a token or of
// a userinfo answer, whose types differ from provider to provider, or a token's
// header. Names are compared exactly. Decoding into a struct would take "Nonce"
// for "nonce".
type Set map[string]json.RawMessage

var (
	errNotAnObject = errors.New("not a JSON object")
	errNotCompact  = errors.New("not a JWT in compact form")
)

// Parse reads one JSON object.
func Parse(raw []byte) (Set, error) {
	var s Set
	if json.Unmarshal(raw, &s) != nil || s == nil {
		return nil, errNotAnObject
	}
	return s, nil
}

// Unverified reads the header and the payload of a JWT in compact form (RFC 7515
// section 7.1) without looking at its signature. Nobody may believe them yet.
func Unverified(jwt string) (header, payload Set, err error) {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return nil, nil, errNotCompact
	}
	for _, p := range []struct {
		encoded string
		to      *Set
	}{{parts[0], &header}, {parts[1], &payload}} {
		decoded, err := base64.RawURLEncoding.DecodeString(p.encoded)
		if err != nil {
			return nil, nil, errNotCompact
		}
		if *p.to, err = Parse(decoded); err != nil {
			return nil, nil, err
		}
	}
	return header, payload, nil
}

// Has reports whether one of the names is there, whatever its value.
func (s Set) Has(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { _, there := s[name]; return there })
}

// null reports whether a claim is there and says nothing.
func (s Set) null(name string) bool { return string(s[name]) == "null" }

// Says reports whether a claim is there and is not null.
func (s Set) Says(name string) bool { return s.Has(name) && !s.null(name) }

// Lacks reports whether a claim is absent, null or empty text.
func (s Set) Lacks(name string) bool { return !s.Says(name) || string(s[name]) == `""` }

// LacksAny reports whether one of the claims is absent, null or empty text.
func (s Set) LacksAny(names []string) bool { return slices.ContainsFunc(names, s.Lacks) }

// Text returns a claim that is text of at most most bytes. An absent claim is ""
// and no error; null and values of other types are an error.
func (s Set) Text(name string, most int) (string, error) {
	raw, there := s[name]
	if !there {
		return "", nil
	}
	var text *string
	if json.Unmarshal(raw, &text) != nil || text == nil || len(*text) > most {
		return "", fmt.Errorf("%s is not a string of up to %d bytes", name, most)
	}
	return *text, nil
}

// latest is the end of the year 9999, in seconds since 1970. Beyond it
// conversions to integers and dates go wrong.
const latest = 253402300799

// Time returns a claim that is a time in seconds since 1970 (RFC 7519 section 2,
// NumericDate). An absent claim is the zero time and no error; null and values of
// other types are an error.
func (s Set) Time(name string) (time.Time, error) {
	raw, there := s[name]
	if !there {
		return time.Time{}, nil
	}
	var seconds *float64
	if json.Unmarshal(raw, &seconds) != nil || seconds == nil || *seconds < 0 || *seconds > latest || math.IsNaN(*seconds) {
		return time.Time{}, fmt.Errorf("%s is not a time", name)
	}
	return time.Unix(int64(*seconds), 0), nil
}

// AuthTime returns when the user last proved who they are (OpenID Connect Core
// 1.0 section 2), the zero time where that is not said. A null counts as not
// said: unlike a token's own times, the claim is optional.
func (s Set) AuthTime() (time.Time, error) {
	if s.null("auth_time") {
		return time.Time{}, nil
	}
	return s.Time("auth_time")
}

// Audiences returns the aud claim, a name or a list of names (RFC 7519 section
// 4.1.3); nil for anything else.
func (s Set) Audiences() []string {
	raw := s["aud"]
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	var one string
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return []string{one}
	}
	return nil
}

// values returns a claim as text: one value, or several where it is a list. It
// takes strings, numbers and booleans, but neither objects nor lists of them. An
// absent claim has no values.
func (s Set) values(name string) (values []string, list, ok bool) {
	if !s.Says(name) {
		return nil, false, true
	}
	decoder := json.NewDecoder(bytes.NewReader(s[name]))
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

// fill takes those of names that s lacks from more. Where that is the e-mail
// address, email_verified comes along: it is about that address and no other.
func (s Set) fill(more Set, names []string) {
	if proof, there := more[emailVerified]; there && s.Lacks("email") && !more.Lacks("email") && slices.Contains(names, "email") {
		s[emailVerified] = proof
	}
	for _, name := range names {
		if raw, there := more[name]; there && s.Lacks(name) {
			s[name] = raw
		}
	}
}
