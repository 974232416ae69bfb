package gate

import (
	"fmt"
	"net/http"
	"net/textproto"
	"slices"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// authorization is the one header that a client may send us and that may yet be
// ours towards the app.
const authorization = "Authorization"

// Proof makes the value of a header of ours for a request's user; "" leaves the
// header out.
type Proof func(r *http.Request, s *session.Session) string

type proof struct {
	header string
	value  Proof
}

// Carry adds a header that is no plain claim. What the client sends under its
// name is deleted like an identity header, for nobody too. Authorization is
// deleted only when the request goes to the app.
func (h *Headers) Carry(header string, value Proof) error {
	folded := fold(header)
	switch {
	case header == "" || !validHeaderName(header) || reservedHeader(folded):
		return fmt.Errorf("header %q is no header name, or one with a meaning of its own in HTTP; choose another", header)
	case h.sets(folded):
		return fmt.Errorf("header %q is set twice (case, - and _ do not count); choose another", header)
	}
	p := proof{textproto.CanonicalMIMEHeaderKey(header), value}
	h.proofs = append(h.proofs, p)
	h.late = h.late || p.header == authorization
	h.forbid(folded)
	return nil
}

// sets reports whether a header is ours in this configuration.
func (h *Headers) sets(folded string) bool {
	return h.identity.sets(folded) || slices.ContainsFunc(h.proofs, func(p proof) bool { return fold(p.header) == folded })
}

func (h *Headers) forbid(folded string) {
	h.forbidden[folded] = struct{}{}
	h.lengths |= 1 << min(len(folded), 63)
}

func (h *Headers) stampProofs(r *http.Request, s *session.Session) {
	for _, p := range h.proofs {
		delete(r.Header, p.header)
		if s == nil {
			continue
		}
		if v := p.value(r, s); v != "" {
			r.Header[p.header] = []string{v}
		}
	}
}
