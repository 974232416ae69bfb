package gate

import (
	"net/http"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
)

// challenge decides how to answer a request that needs a session and has none.
// Only a top-level navigation starts a sign-in: a page whose eighty images and
// calls each started one would run into Okta's limit of 60 a minute, and a
// script cannot follow a redirect to another origin anyway.
func challenge(r *http.Request) Verdict {
	switch {
	case navigation(r):
		return Challenge
	case r.Method == http.MethodGet && framed(r):
		return Framed
	}
	return Refuse
}

// framed tells whether the browser is about to show the answer in a frame.
// Identity providers refuse to be shown there. Objects and embedded files have a
// replacement of their own for what is refused.
func framed(r *http.Request) bool {
	dest := r.Header.Get("Sec-Fetch-Dest")
	return (dest == "iframe" || dest == "frame") && r.Header.Get("Sec-Fetch-Mode") == "navigate" && !prefetch(r)
}

func navigation(r *http.Request) bool { return r.Method == http.MethodGet && topLevel(r) }

// ownForm tells whether a POST is a form that a page of this very origin sent by
// a navigation, of the whole window or of a frame. What another site posts is
// never kept for after the sign-in: that would carry a forged request over the one
// hurdle in its way, the cookie that browsers do not send with it. A sibling
// domain is another site.
func ownForm(r *http.Request, site origin.Origin) bool {
	if !topLevel(r) && !framed(r) {
		return false
	}
	from := r.Header.Get("Origin")
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin":
		// A page that sends no referrer sends "null" (Fetch, append a request
		// Origin header).
		return from == "" || from == "null" || from == site.String()
	case "":
		return from == site.String() // a browser without fetch metadata
	}
	return false
}

func topLevel(r *http.Request) bool {
	if prefetch(r) || r.Header.Get("Upgrade") != "" {
		return false
	}
	// Fetch metadata decides where the browser sends it; a script cannot set it.
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
	}
	return r.Header.Get("X-Requested-With") == "" && acceptsHTML(r)
}

// prefetch tells whether the browser asks ahead of the person.
func prefetch(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") || r.Header.Get("Purpose") == "prefetch"
}

// acceptsHTML looks for text/html by name: every browser sends it for a
// navigation, and programs that take anything ("*/*") want no sign-in page.
func acceptsHTML(r *http.Request) bool {
	for _, line := range r.Header["Accept"] {
		for item := range strings.SplitSeq(line, ",") {
			media, _, _ := strings.Cut(item, ";")
			if m := strings.ToLower(strings.TrimSpace(media)); m == "text/html" || m == "application/xhtml+xml" {
				return true
			}
		}
	}
	return false
}
