package gate

import (
	"fmt"
	"net/textproto"
	"slices"
	"strings"
)

// Identity maps request headers to the claims that they carry to the app.
type Identity []Mapping

// Mapping is one header and the claim that it carries, by its OpenID Connect
// name: "sub", "email", "groups" …
type Mapping struct{ Header, Claim string }

// Forwarded is the header set that oauth2-proxy made common.
func Forwarded() Identity {
	return Identity{
		{"X-Forwarded-User", "sub"},
		{"X-Forwarded-Email", "email"},
		{"X-Forwarded-Groups", "groups"},
		{"X-Forwarded-Preferred-Username", "preferred_username"},
	}
}

// Remote is the header set of applications that know REMOTE_USER.
func Remote() Identity {
	return Identity{
		{"Remote-User", "sub"},
		{"Remote-Email", "email"},
		{"Remote-Groups", "groups"},
		{"Remote-Name", "name"},
	}
}

// hopByHop are headers that a proxy drops or that frame the message; none can
// carry an identity (RFC 9110 section 7.6.1).
var hopByHop = map[string]bool{
	"connection": true, "keep-alive": true, "proxy-connection": true, "proxy-authenticate": true, "proxy-authorization": true,
	"te": true, "trailer": true, "transfer-encoding": true, "upgrade": true, "host": true, "content-length": true, "cookie": true,
	"content-type": true, "expect": true, "origin": true,
}

func reservedHeader(folded string) bool {
	return hopByHop[folded] || strings.HasPrefix(folded, "sec-")
}

// Check tells what is wrong with a mapping.
func (id Identity) Check() error {
	seen := make(map[string]bool)
	for _, m := range id {
		folded := fold(m.Header)
		switch {
		case m.Header == "" || !validHeaderName(m.Header):
			return fmt.Errorf("identity header %q is not a header name", m.Header)
		case reservedHeader(folded):
			return fmt.Errorf("identity header %q has a meaning of its own in HTTP; choose another", m.Header)
		case m.Claim == "":
			return fmt.Errorf("identity header %q names no claim", m.Header)
		case seen[folded]:
			return fmt.Errorf("identity header %q is named twice (case, - and _ do not count)", m.Header)
		}
		seen[folded] = true
	}
	return nil
}

func (id Identity) sets(folded string) bool {
	return slices.ContainsFunc(id, func(m Mapping) bool { return fold(m.Header) == folded })
}

// canonicalised returns the mapping with header names as net/http stores them.
func (id Identity) canonicalised() Identity {
	out := make(Identity, len(id))
	for i, m := range id {
		out[i] = Mapping{textproto.CanonicalMIMEHeaderKey(m.Header), m.Claim}
	}
	return out
}

func validHeaderName(name string) bool {
	for i := range len(name) {
		if c := name[i]; !alphanumeric(c) && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// fold brings the spellings of a header name together that servers take for the
// same: CGI-style variables keep neither case nor punctuation (RFC 3875 section
// 4.1.18), so X_Forwarded.User and x-forwarded-user are one.
func fold(name string) string {
	return string(appendFolded(nil, name))
}

func appendFolded(dst []byte, name string) []byte {
	for i := range len(name) {
		c := name[i]
		switch {
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case !alphanumeric(c):
			c = '-'
		}
		dst = append(dst, c)
	}
	return dst
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
