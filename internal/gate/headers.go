package gate

import (
	"net/http"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Headers says what the app is told: it takes out of a request what a client
// must not say, and puts in who the user is.
type Headers struct {
	identity Identity
	// proofs are further headers of ours.
	proofs []proof
	// late leaves Authorization to Stamp, because a bearer token of the client
	// is still to be looked at.
	late bool
	// forbidden are the folded names that only we may set: those of this
	// configuration and of both built-in sets, so that a change of the
	// identity setting opens no gap for an app that reads the other set.
	forbidden map[string]struct{}
	// lengths has a bit for each length of a forbidden name, to pass over most
	// headers without folding them.
	lengths uint64
	// passed are the forbidden names that may come from the client after all, in
	// this very spelling.
	passed map[string]struct{}
	// ourPrefixes and ourNames tell the cookies that are not the app's.
	ourPrefixes []string
	ourNames    []string
}

// NewHeaders checks the mapping. Insecure is for plain http on loopback, where
// our cookies have other names. Cookies are those of ours that other rooms set
// under names of their own.
func NewHeaders(identity Identity, insecure bool, cookies ...string) (*Headers, error) {
	if err := identity.Check(); err != nil {
		return nil, err
	}
	h := &Headers{identity: identity.canonicalised(), forbidden: make(map[string]struct{}), ourNames: cookies}
	for _, name := range overrides {
		h.forbid(name)
	}
	for _, set := range []Identity{identity, Forwarded(), Remote()} {
		for _, m := range set {
			h.forbid(fold(m.Header))
		}
	}
	h.forbid("http2-settings")
	// Those of an https site too: browsers send cookies to every port of a host, and
	// loopback passes for secure.
	h.ourPrefixes = []string{"__Host-" + seal.NamePrefix, "__Secure-" + seal.NamePrefix}
	if insecure {
		h.ourPrefixes = append(h.ourPrefixes, seal.NamePrefix)
	}
	return h, nil
}

// Scrub deletes every spelling of an identity header that the client sent, on
// every request and before anything else looks at it. It also takes their names
// out of Connection, or reverse_proxy would delete ours as hop-by-hop headers
// (RFC 9110 section 7.6.1), drops the trailers, and leaves one way to switch
// protocols.
func (h *Headers) Scrub(r *http.Request) {
	for name := range r.Header {
		if h.isForbidden(name) && (name != authorization || !h.late) {
			delete(r.Header, name)
		}
	}
	// Trailers arrive after we have decided, undeclared ones too (net/http adds
	// whatever comes to the map that stands here), and some servers merge them
	// into the headers. A proxy may discard them (RFC 9110 section 6.5.1).
	r.Trailer = nil
	scrubExpect(r.Header)
	if r.Header["Connection"] != nil || r.Header["Upgrade"] != nil {
		dropConnectionTokens(r.Header, h.isForbidden)
		scrubSwitch(r)
	}
}

func (h *Headers) isForbidden(name string) bool {
	if h.lengths&(1<<min(len(name), 63)) == 0 {
		return false
	}
	var buf [64]byte
	if _, found := h.forbidden[string(appendFolded(buf[:0], name))]; !found {
		return false
	}
	_, passed := h.passed[name]
	return !passed
}

// Stamp tells the app who the user is; s is nil for nobody. Headers of claims
// that the session does not have are left out. Our own cookies go no further.
func (h *Headers) Stamp(r *http.Request, s *session.Session) {
	h.stripCookies(r.Header)
	h.stampProofs(r, s)
	if s == nil {
		return
	}
	values := make([]string, 0, len(h.identity))
	for _, m := range h.identity {
		if v := headerValue(m.Claim, s); v != "" {
			values = append(values, v)
			r.Header[m.Header] = values[len(values)-1 : len(values) : len(values)]
		}
	}
}

// headerValue makes a claim fit for a header: bytes that are not printable
// ASCII become %XX, and in claims of a single value so does the percent sign, so
// that decoding is never ambiguous. Spaces at the edges do too: a header cannot
// begin or end with one (RFC 9110 section 5.5), and whoever reads it would take
// two users for one. Lists come joined and escaped from the session. Nothing raw
// passes: a line feed in a display name stays a display name.
func headerValue(claim string, s *session.Session) string {
	v := s.Claim(claim)
	if v == "" {
		return ""
	}
	escapePercent := session.Standard(claim) && claim != "groups"
	if v[0] == ' ' || v[len(v)-1] == ' ' {
		return percentEncode(v, escapePercent)
	}
	for i := range len(v) {
		if unsafeByte(v[i], escapePercent) {
			return percentEncode(v, escapePercent)
		}
	}
	return v
}

func unsafeByte(c byte, escapePercent bool) bool {
	return c < ' ' || c > '~' || escapePercent && c == '%'
}

func percentEncode(v string, escapePercent bool) string {
	const hex = "0123456789ABCDEF"
	first := len(v) - len(strings.TrimLeft(v, " "))
	last := len(strings.TrimRight(v, " ")) - 1
	var b strings.Builder
	b.Grow(len(v) + 16)
	for i := range len(v) {
		if c := v[i]; i < first || i > last || unsafeByte(c, escapePercent) {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
