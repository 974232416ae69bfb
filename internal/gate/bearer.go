package gate

import (
	"net/http"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// carriesBearer tells whether a request claims to carry a bearer token (RFC 6750
// section 2.1), however badly. Other schemes are none of our business. Where
// several Authorization fields came, one is enough: the app might read any.
func carriesBearer(header http.Header) bool {
	for _, line := range header["Authorization"] {
		scheme, _, _ := strings.Cut(strings.TrimLeft(line, " \t"), " ")
		// Whatever stands where the space should: "Bearer", "Bearer\ttoken".
		if scheme, _, _ = strings.Cut(scheme, "\t"); strings.EqualFold(scheme, "bearer") {
			return true
		}
	}
	return false
}

// AdmitBearer decides on a request whose verdict was BearerToken, when its token
// has been verified; s is nil for a token that does not hold. The second result
// is false when it must be refused for that.
//
// A bearer token opens the app only: our own pages are for browsers.
func (g *Gate) AdmitBearer(r *http.Request, s *session.Session) (Decision, bool) {
	switch {
	case s == nil && g.public.match(r.URL):
		// A public path's token may be one of the app's own.
		return Decision{Verdict: Upstream}, true
	case s == nil:
		return Decision{Verdict: Refuse}, false
	}
	d := g.toApp(r, s)
	if d.Verdict == StepUp || d.Verdict == Framed {
		// A browser that carries a token cannot get a fresher one at a page of ours.
		d.Verdict = RefuseStale
	}
	d.Bearer = d.Session != nil
	return d, true
}
