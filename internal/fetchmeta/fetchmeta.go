// Package fetchmeta reads what a request says of itself in fetch metadata (Fetch
// Metadata Request Headers) and in Accept: whether a browser loads a page or a program
// makes a call, and which site's page asked. Everybody who must know asks here, so that
// they agree.
//
// A client can write any of these headers. What is read here decides about the form of
// an answer, or refuses; it opens nothing by itself.
package fetchmeta

import (
	"net/http"
	"slices"
	"strings"
)

// Kind says where a browser is about to show the answer.
type Kind int

const (
	// None is a program's call, or a file that a page needs.
	None Kind = iota
	// Window is a window or tab.
	Window
	// Frame is a frame in a page.
	Frame
	// Worker is a page load that a service worker of the app passes on. Whether it
	// is for a window or for a frame does not come along.
	Worker
	// Untold is a client without fetch metadata that takes HTML: an older browser,
	// or a program that looks like one.
	Untold
)

// InFrame is the parameter of the sign-in route by which a page that a worker passed
// on says that it is shown in a frame.
const InFrame = "framed"

// Of says what kind of page load a request is, whatever its method.
//
// Fetch metadata (Fetch Metadata Request Headers) decide where a browser sends
// them; a script cannot set them. A worker's fetch(event.request) keeps the mode
// "navigate" and says "empty" for the destination. With options, or with the
// headers copied into a request of its own, the mode becomes one that scripts
// have, too: then Upgrade-Insecure-Requests tells it apart, which browsers send
// with page loads only (Upgrade Insecure Requests, section 3.2.1). Accept alone
// does not: libraries that load parts of pages ask for HTML.
func Of(r *http.Request) Kind {
	dest := r.Header.Get("Sec-Fetch-Dest")
	switch mode := r.Header.Get("Sec-Fetch-Mode"); mode {
	case "", "navigate":
		switch {
		case dest == "document":
			return Window
		case dest == "iframe", dest == "frame":
			return Frame
		case dest == "empty" && mode != "" && acceptsHTML(r):
			return Worker
		case dest == "" && mode == "" && acceptsHTML(r) && !byScript(r):
			return Untold
		}
	case "same-origin", "cors":
		if dest == "empty" && From(r) == SameOrigin &&
			r.Header.Get("Upgrade-Insecure-Requests") == "1" && acceptsHTML(r) && !byScript(r) {
			return Worker
		}
	}
	return None
}

// InTab reports whether the answer is shown in a tab of a browser with fetch metadata:
// one that runs scripts and has storage, unless somebody has switched that off.
func InTab(r *http.Request) bool {
	kind := Of(r)
	return kind == Window || kind == Worker
}

// SaysFromWhere reports whether Origin and Sec-Fetch-Site are about the page that
// began the page load. Where a worker made a request of its own they are about the
// worker, and another site's form looks like one of this site's.
func SaysFromWhere(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return mode == "" || mode == "navigate"
}

// Ahead reports whether the browser asks ahead of the person.
func Ahead(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") || r.Header.Get("Purpose") == "prefetch"
}

// byScript looks for the mark of scripts' libraries. Web views of Android put the
// name of their app there.
func byScript(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("X-Requested-With"), "XMLHttpRequest")
}

// acceptsHTML looks for text/html by name: every browser sends it for a
// navigation, and programs that take anything ("*/*") want no sign-in page.
func acceptsHTML(r *http.Request) bool { return accepts(r, "text/html", "application/xhtml+xml") }

// accepts reports whether Accept names one of these media types, in small letters.
// Ranges, such as "*/*", and weights do not count.
func accepts(r *http.Request, media ...string) bool {
	for _, line := range r.Header["Accept"] {
		for item := range strings.SplitSeq(line, ",") {
			name, _, _ := strings.Cut(item, ";")
			if slices.Contains(media, strings.ToLower(strings.TrimSpace(name))) {
				return true
			}
		}
	}
	return false
}

// ForFile reports whether the answer is a file of a page, like an image, and not the
// page itself.
func ForFile(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "style", "script", "image", "font", "audio", "video", "track", "manifest":
		return true
	}
	return false
}

// Site is where the page that made a request stands, seen from the one that it was sent
// to.
type Site string

// The sites. UntoldSite is that of older browsers and of programs.
const (
	SameOrigin Site = "same-origin"
	SameSite   Site = "same-site"
	CrossSite  Site = "cross-site"
	UntoldSite Site = ""
)

// From returns the site of the page that made a request.
func From(r *http.Request) Site { return Site(r.Header.Get("Sec-Fetch-Site")) }
