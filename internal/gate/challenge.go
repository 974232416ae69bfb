package gate

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/fetchmeta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
)

// challenge decides how to answer a request that needs a session and has none.
// Only a top-level navigation starts a sign-in: a page whose eighty images and
// calls each started one would run into Okta's limit of 60 a minute, and a
// script cannot follow a redirect to another origin anyway.
func challenge(r *http.Request) Verdict {
	switch {
	case r.Method != http.MethodGet:
	case topLevel(r):
		return Challenge
	case framed(r):
		return Framed
	}
	return Refuse
}

// framed reports whether the browser is about to show the answer in a frame.
// Identity providers refuse to be shown there. Objects and embedded files have a
// replacement of their own for what is refused.
func framed(r *http.Request) bool { return fetchmeta.Of(r) == fetchmeta.Frame && !fetchmeta.Ahead(r) }

// topLevel reports whether the answer is shown in a window, or may be: what a worker
// passes on does not say, so the page that it gets looks where it is.
func topLevel(r *http.Request) bool {
	if fetchmeta.Ahead(r) || r.Header.Get("Upgrade") != "" {
		return false
	}
	kind := fetchmeta.Of(r)
	return kind == fetchmeta.Window || kind == fetchmeta.Worker || kind == fetchmeta.Untold
}

// mayBeFramed reports whether the answer to a form is shown in a frame, or may be.
func mayBeFramed(r *http.Request) bool { return framed(r) || fetchmeta.Of(r) == fetchmeta.Worker }

// ownForm reports whether a POST is a form that a page of this very origin sent by
// a navigation, of the whole window or of a frame. What another site posts is
// never kept for after the sign-in: that would carry a forged request over the one
// hurdle in its way, the cookie that browsers do not send with it. A sibling
// domain is another site.
func ownForm(r *http.Request, site origin.Origin) bool {
	if !topLevel(r) && !framed(r) || !fetchmeta.SaysFromWhere(r) {
		return false
	}
	from := r.Header.Get("Origin")
	switch fetchmeta.From(r) {
	case fetchmeta.SameOrigin:
		// A page that sends no referrer sends "null" (Fetch, append a request
		// Origin header).
		return from == "" || from == "null" || from == site.String()
	case fetchmeta.UntoldSite:
		return from == site.String() // a browser without fetch metadata
	default:
		return false
	}
}
