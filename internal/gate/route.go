package gate

import (
	"net/http"
	"slices"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Handler answers a request to a route; s is nil for nobody.
type Handler = func(w http.ResponseWriter, r *http.Request, s *session.Session) error

// Route is one of our own paths, for some methods: who may ask, and what answers.
// Get, GetOnly, Post and GetPost make one.
type Route struct {
	// Methods are those that it answers.
	Methods []string
	// Path is below the base path. One that ends in a slash, but for "/" itself,
	// covers what is below it.
	Path  string
	Rules Rules
	Serve Handler
	// Harmless are the query parameters that the access log may show; see Logging.
	Harmless []string
}

// Rules say who may ask for a Route, and how.
type Rules uint

const (
	// Page needs a session and challenges a browser that has none. It is also where
	// a sign-in may end. Other routes see a missing session for themselves, after
	// their own checks.
	Page Rules = 1 << iota
	// ForUsers admits those only who may use the app. The other routes are how
	// somebody who may not signs out or takes another account.
	ForUsers
	// Refreshes acts on who is signed in, so that a session is refreshed first.
	Refreshes
	// SignsIn begins a sign-in: never ahead of the person, never in a frame.
	SignsIn
	// OwnPage takes forms of this site's pages only.
	OwnPage
	// Logged lets the access log show the address with its query. Without it, the
	// log shows the address only where it has no query: a token might stand there.
	Logged
	// Unlogged keeps the address, and the answer's Location, out of the access log
	// whatever they hold.
	Unlogged
	// AnyHost answers under any host: load balancers ask by address.
	AnyHost
	// Root stands at the root of the site instead of the base path. Of the other rules
	// only AnyHost and Logged may go with it.
	Root
)

func (r Rules) has(rule Rules) bool { return r&rule != 0 }

// Get is a Route for GET and HEAD.
func Get(path string, rules Rules, serve Handler) Route {
	return Route{Methods: []string{http.MethodGet, http.MethodHead}, Path: path, Rules: rules, Serve: serve}
}

// GetOnly is a Route for GET without HEAD, which must not start or finish a sign-in:
// link checkers send it.
func GetOnly(path string, rules Rules, serve Handler) Route {
	return Route{Methods: []string{http.MethodGet}, Path: path, Rules: rules, Serve: serve}
}

// Post is a Route for POST.
func Post(path string, rules Rules, serve Handler) Route {
	return Route{Methods: []string{http.MethodPost}, Path: path, Rules: rules, Serve: serve}
}

// GetPost is a Route for GET without HEAD, and for POST.
func GetPost(path string, rules Rules, serve Handler) Route {
	return Route{Methods: []string{http.MethodGet, http.MethodPost}, Path: path, Rules: rules, Serve: serve}
}

// Logging lets the access log show an address of the route whose query has no other
// parameters than these.
func (r Route) Logging(harmless ...string) Route {
	r.Harmless = harmless
	return r
}

// Returns is the policy for return paths that the routes make.
func Returns(base string, all []Route) returnpath.Policy {
	p := returnpath.Policy{Base: base}
	for _, r := range all {
		switch {
		case r.Rules.has(Root):
			p.Elsewhere = append(p.Elsewhere, r.Path)
		case r.Rules.has(Page):
			p.Places = append(p.Places, r.Path)
		}
	}
	return p
}

// at are the routes at one path, of different methods.
type at []*Route

// find returns the route for a method, nil for none.
func (a at) find(method string) *Route {
	for _, r := range a {
		if slices.Contains(r.Methods, method) {
			return r
		}
	}
	return nil
}

// allow lists the methods that there are, as in an Allow field.
func (a at) allow() string {
	var all []string
	for _, r := range a {
		all = append(all, r.Methods...)
	}
	return strings.Join(all, ", ")
}
