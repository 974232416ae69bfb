package gate

import (
	"net/http"
	"strings"
)

// challenge decides how to answer a request that needs a session and has none.
// Only a top-level navigation starts a sign-in: a page whose eighty images and
// calls each started one would run into Okta's limit of 60 a minute, and a
// script cannot follow a redirect to another origin anyway.
func challenge(r *http.Request) Verdict {
	if navigation(r) {
		return Challenge
	}
	return Refuse
}

func navigation(r *http.Request) bool {
	if r.Method != http.MethodGet || prefetch(r) || r.Header.Get("Upgrade") != "" {
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
