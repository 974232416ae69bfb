package gate

import (
	"net/http"
	"strings"
)

// Where a site has several public origins, a page of one may call the others.
// These are names of one site, kept by one operator; no other origin is ever let
// in, and none by a wildcard.

// Readable lets a page of one of the site's public origins read an answer of
// ours (Fetch, CORS protocol): without it a script learns of a network error and
// not of the end of its session.
func (g *Gate) Readable(h http.Header, r *http.Request) {
	h.Add("Vary", "Origin")
	from := r.Header.Get("Origin")
	if !g.origins.Contains(from) {
		return
	}
	h.Set("Access-Control-Allow-Origin", from)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Expose-Headers", "Passkeys-Challenge, Retry-After")
}

// preflight reports whether the request is a browser's question before a call from
// one of the site's public origins. Browsers ask without cookies. The app is not
// asked for somebody unknown, since whoever can name an origin could then reach
// it; the call itself needs a session, and its answer the app's own permission to
// be read.
func (g *Gate) preflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" && g.origins.Contains(r.Header.Get("Origin"))
}

// AnswerPreflight permits the call that a browser asked about.
func (g *Gate) AnswerPreflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	g.Readable(h, r)
	h.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
	h.Del("Access-Control-Expose-Headers")
	h.Set("Cache-Control", "no-store")
	if method := r.Header.Get("Access-Control-Request-Method"); fieldList(method) {
		h.Set("Access-Control-Allow-Methods", method)
	}
	if asked := strings.Join(r.Header.Values("Access-Control-Request-Headers"), ","); asked != "" && fieldList(asked) {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

// fieldList reports whether s is a short list of names.
func fieldList(s string) bool {
	if len(s) > 1024 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' && c != ',' && c != ' ' {
			return false
		}
	}
	return true
}
