package gate

import (
	"net/http"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/pageload"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// route is one of our own paths.
type route struct {
	// methods maps a method to its verdict; HEAD follows GET.
	methods map[string]Verdict
	allow   string
	// page routes need a session and challenge a browser that has none. Routes
	// for programs see a missing session for themselves, after their own checks.
	page bool
}

// routes are our own paths, all under one base path.
type routes struct {
	base  string
	exact map[string]route
	// wellKnown is the one route outside the base path, where browsers look for
	// it; without methods, the path is the app's.
	wellKnown route
}

// WellKnownWebAuthn is where browsers look for the origins that may use
// passkeys of this host (Web Authentication Level 3, section 5.11.1).
const WellKnownWebAuthn = "/.well-known/webauthn"

// assets is the one route with files below it.
const assets = "/assets/"

func newRoutes(c Config) routes {
	get := func(v Verdict) route {
		return route{methods: map[string]Verdict{http.MethodGet: v, http.MethodHead: v}, allow: "GET, HEAD"}
	}
	post := func(v Verdict) route {
		return route{methods: map[string]Verdict{http.MethodPost: v}, allow: "POST"}
	}
	page := func(v Verdict) route {
		r := get(v)
		r.page = true
		return r
	}
	// A HEAD request must not start or finish a sign-in: link checkers send it.
	getOnly := func(v Verdict) route {
		return route{methods: map[string]Verdict{http.MethodGet: v}, allow: "GET"}
	}
	// A tab that keeps where it wants to go posts that: it may be long.
	login := getOnly(Login)
	login.methods[http.MethodPost] = Login
	login.allow = "GET, POST"
	logout := get(LogoutQuestion)
	logout.methods[http.MethodPost] = Logout
	logout.allow = "GET, HEAD, POST"
	// Another site asks here by its nature, by link or form (OpenID Connect Core
	// 1.0 section 4).
	initiate := getOnly(Initiate)
	initiate.methods[http.MethodPost] = Initiate
	initiate.allow = "GET, POST"
	// The identity provider's page and servers ask here, without cookies.
	frontchannel := getOnly(FrontchannelLogout)
	frontchannel.methods[http.MethodPost] = FrontchannelLogout
	frontchannel.allow = "GET, POST"
	sessionInfo := get(SessionInfo)
	sessionInfo.methods[http.MethodPost] = Renew
	sessionInfo.allow = "GET, HEAD, POST"
	rs := routes{base: c.Base, exact: map[string]route{
		"":                page(List),
		"/":               page(List),
		"/append":         page(Append),
		"/append/result":  post(AppendResult),
		"/connect-token":  post(ConnectToken),
		"/login":          login,
		"/initiate":       initiate,
		"/callback":       getOnly(Callback),
		"/logout":         logout,
		"/signed-out":     get(SignedOut),
		"/resume":         page(Resume),
		"/resume/summary": post(FormSummary),
		"/signed-in":      page(SignedIn),
		"/session":        sessionInfo,
		"/session.js":     get(SessionScript),
		assets:            get(Asset),

		"/health":              get(Health),
		"/backchannel-logout":  post(BackchannelLogout),
		"/frontchannel-logout": frontchannel,
		"/universal-logout":    post(UniversalLogout),
	}}
	if c.KeySet {
		rs.exact["/jwks.json"] = get(KeySet)
	}
	if c.RelatedOrigins {
		rs.wellKnown = get(RelatedOrigins)
	}
	return rs
}

// find returns the route of a canonical path, and whether the path is ours at
// all. An unknown path of ours has a route without methods.
func (rs routes) find(clean string) (route, bool) {
	if clean == WellKnownWebAuthn && rs.wellKnown.methods != nil {
		return rs.wellKnown, true
	}
	rest, under := strings.CutPrefix(clean, rs.base)
	if !under || rest != "" && rest[0] != '/' {
		return route{}, false
	}
	if strings.HasPrefix(rest, assets) {
		rest = assets
	}
	return rs.exact[rest], true
}

// health finds a question after our health, which load balancers ask by address.
func (rs routes) health(r *http.Request) bool {
	return r.URL.Path == rs.base+"/health" && (r.Method == http.MethodGet || r.Method == http.MethodHead)
}

func (rt route) decide(r *http.Request, s *session.Session, site origin.Set) Decision {
	v, ok := rt.methods[r.Method]
	switch {
	case rt.methods == nil:
		return Decision{Verdict: NotFound}
	case !ok:
		return Decision{Verdict: MethodNotAllowed, Allow: rt.allow}
	case (v == Login || v == Initiate) && pageload.Ahead(r):
		return Decision{Verdict: Refuse}
	case v == Logout && site.FromOwnPage(r) != nil:
		return Decision{Verdict: CrossSite}
	case (v == Login || v == Initiate) && s == nil && framed(r):
		return Decision{Verdict: Framed}
	case rt.page && s == nil:
		return Decision{Verdict: challenge(r)}
	}
	return Decision{Verdict: v}
}
