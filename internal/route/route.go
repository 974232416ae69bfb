// Package route names the paths of our own routes, all below the base path but for
// the one at the root of the site. Whoever links to a route takes its path from here;
// what a route does is said once, in caddymodule/routes.go.
package route

// The paths below the base path.
const (
	// List is the page with the user's passkeys. The base path itself is the same page.
	List         = "/"
	Append       = "/append"
	AppendResult = "/append/result"
	// ListResult takes what became of the list.
	ListResult   = "/list/result"
	ConnectToken = "/connect-token"

	Login     = "/login"
	Initiate  = "/initiate"
	Callback  = "/callback"
	Logout    = "/logout"
	SignedOut = "/signed-out"
	// SignedIn is the end of a sign-in in a window of its own.
	SignedIn = "/signed-in"

	Session       = "/session"
	SessionScript = "/session.js"
	// Assets is followed by the name of a file.
	Assets = "/assets/"

	// KeptForm offers to send a kept form again; KeptFormSummary says what it is.
	KeptForm        = "/resume"
	KeptFormSummary = "/resume/summary"

	FrontchannelLogout = "/frontchannel-logout"
	BackchannelLogout  = "/backchannel-logout"
	UniversalLogout    = "/universal-logout"

	Health = "/health"
	KeySet = "/jwks.json"
)

// RelatedOrigins stands at the root of the site: it is where browsers look for the
// origins that may use passkeys of this host (Web Authentication Level 3, section
// 5.11.1).
const RelatedOrigins = "/.well-known/webauthn"
