package signout

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
)

// The formats of a subject identifier that a session can be found by (RFC 9493
// sections 3.2.2 and 3.2.3).
const (
	formatEmail  = "email"
	formatIssSub = "iss_sub"
)

// subject is the user whom a request names.
type subject struct {
	format  string
	email   string
	issuer  string
	subject string
}

// readSubject reads the body of a Universal Logout request: one subject identifier and
// nothing else. The specification calls the member sub_id, and Okta's guide used to
// call it subject. Either is taken, but not both together.
func (h *Handler) readSubject(w http.ResponseWriter, r *http.Request) (subject, error) {
	body, err := readBody(w, r, "application/json")
	if err != nil {
		return subject{}, err
	}
	members, err := object(body)
	if err != nil {
		return subject{}, malformed("the body %w", err)
	}
	if len(members) != 1 {
		return subject{}, malformed("the body has %d members, want sub_id alone", len(members))
	}
	raw, ok := members["sub_id"]
	if !ok {
		if raw, ok = members["subject"]; !ok {
			return subject{}, malformed("the body has no sub_id")
		}
	}
	id, err := object(raw)
	if err != nil {
		return subject{}, malformed("sub_id %w", err)
	}
	return identify(id)
}

// identify reads a subject identifier.
func identify(id claims.Set) (subject, error) {
	member := func(name string) string {
		text, _ := id.Text(name, maxBody)
		return text
	}
	s := subject{format: member("format"), email: member("email"), issuer: member("iss"), subject: member("sub")}
	switch s.format {
	case formatEmail:
		if len(id) != 2 || !claims.IsAddress(s.email) {
			return subject{}, malformed("sub_id of the format email does not hold one e-mail address and nothing else")
		}
	case formatIssSub:
		if len(id) != 3 || s.issuer == "" || s.subject == "" || len(s.issuer) > maxName || len(s.subject) > maxName {
			return subject{}, malformed("sub_id of the format iss_sub does not hold iss and sub and nothing else")
		}
	default:
		return subject{}, malformed("sub_id's format is %q, want email or iss_sub", printable(s.format))
	}
	return s, nil
}

// object reads one JSON object whose members come once each: of two, another
// reader could take the other. That is stricter than claims.Parse, as nobody has
// signed a request's body.
func object(raw []byte) (claims.Set, error) {
	errNotOne := errors.New("is not one JSON object with each member once")
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, errNotOne
	}
	members := claims.Set{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, errNotOne
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return nil, errNotOne
		}
		key, _ := name.(string)
		if _, twice := members[key]; twice {
			return nil, errNotOne
		}
		members[key] = value
	}
	if _, err := decoder.Token(); err != nil || decoder.More() {
		return nil, errNotOne
	}
	return members, nil
}
