package origin

import (
	"errors"
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/fetchmeta"
)

// Why FromOwnPage refuses a request.
var (
	errForeignOrigin = errors.New("the Origin header is not this origin")
	errForeignFetch  = errors.New("the Sec-Fetch-Site header is not same-origin")
	errNoOrigin      = errors.New("neither Origin nor Sec-Fetch-Site was sent; no browser leaves out both on a POST")
	errForeignHost   = errors.New("the Host header is none of the site's public origins")
)

// FromOwnPage refuses a POST that no page of the very origin that it was sent to
// has made. Session cookies are SameSite=Lax and do not come with another site's
// form; this also stops a sibling domain, which counts as the same site, and
// another origin of the set. It asks for more than http.CrossOriginProtection,
// which takes a request with neither Origin nor Sec-Fetch-Site for a program's:
// every browser sends Origin with a POST (Fetch, "append a request Origin
// header").
//
// Origin "null" beside Sec-Fetch-Site same-origin passes: that is what a
// browser sends from a page with Referrer-Policy no-referrer unless the request
// is made in cors mode, and a sandboxed or foreign page is never same-origin.
func (s Set) FromOwnPage(r *http.Request) error {
	here, ok := s.Match(r.Host)
	if !ok {
		return errForeignHost
	}
	from, site := r.Header.Get("Origin"), fetchmeta.From(r)
	switch {
	case from == "" && site == fetchmeta.UntoldSite:
		return errNoOrigin
	case site != fetchmeta.UntoldSite && site != fetchmeta.SameOrigin:
		return errForeignFetch
	case from == "" || from == "null" && site == fetchmeta.SameOrigin:
		return nil
	case from != here.String():
		return errForeignOrigin
	}
	return nil
}
