package gate

// Verdict is what is to be done with a request.
type Verdict int

// The verdicts. Where a route needs a session and there is none, the verdict is
// Challenge or Refuse instead.
const (
	// Upstream passes the request on to the app.
	Upstream Verdict = iota
	// Challenge sends a browser's top-level navigation to sign in.
	Challenge
	// Refuse answers any other request without a session: 401.
	Refuse
	// StepUp sends a navigation to sign in anew: the session's sign-in is too old
	// or too weak for the path.
	StepUp
	// RefuseStale answers any other request for such a path: 401.
	RefuseStale
	// Framed answers a navigation inside a frame that needs a sign-in, or a fresher
	// one: it cannot be made there.
	Framed
	// KeepForm keeps a form that a page of this site posted to an ended session, or
	// to a path that the session's sign-in is too old or too weak for.
	KeepForm
	// ForeignForm answers a form that a page of another site posted: the browser
	// holds the session back, so nobody can tell whether there is one.
	ForeignForm
	// Preflight answers a browser that asks whether a page of another of the site's
	// public origins may call.
	Preflight
	// Misdirected refuses a host that is none of the public origins: 421.
	Misdirected
	// BadPath refuses a request target that is not a path: 400.
	BadPath
	// Forbidden refuses a user who is signed in and may not use the app: 403.
	Forbidden
	// BearerToken asks for the token to be verified, and then for AdmitBearer.
	BearerToken
	// CrossSite refuses a form that another site posts: 403.
	CrossSite
	// NotFound answers unknown paths under the base path.
	NotFound
	// MethodNotAllowed answers a route of ours asked with another method.
	MethodNotAllowed
	// Login starts a sign-in: GET <base>/login, or POST for a tab that kept where it
	// wanted to go.
	Login
	// Initiate starts a sign-in that the identity provider asks for: GET or
	// POST <base>/initiate.
	Initiate
	// Callback is the OpenID Connect redirect URI.
	Callback
	// LogoutQuestion asks whether to sign out: GET <base>/logout.
	LogoutQuestion
	// Logout signs out: POST <base>/logout.
	Logout
	// FrontchannelLogout, BackchannelLogout and UniversalLogout are how the
	// identity provider tells that a session is over.
	FrontchannelLogout
	BackchannelLogout
	UniversalLogout
	// SignedOut is the page after sign-out.
	SignedOut
	// List is the page with the user's passkeys.
	List
	// Append is the page that offers to add a passkey.
	Append
	// AppendResult records what became of the offer.
	AppendResult
	// ConnectToken creates a connect token.
	ConnectToken
	// Resume is the page that offers to send a kept form again.
	Resume
	// FormSummary tells what a kept form was.
	FormSummary
	// SignedIn is the page at the end of a sign-in in a window of its own.
	SignedIn
	// SessionInfo tells who is signed in.
	SessionInfo
	// Renew counts as a use of the session: POST <base>/session.
	Renew
	// SessionScript serves the script that apps may include.
	SessionScript
	// Asset serves a file of ours.
	Asset
	// Health tells machines how the sidecar is: GET <base>/health.
	Health
	// KeySet serves the keys to check assertions with: GET <base>/jwks.json.
	KeySet
	// RelatedOrigins serves /.well-known/webauthn.
	RelatedOrigins
)

// forUsers tells the routes of ours that are for users of the app. The others
// are how somebody who may not use it signs out or takes another account.
func (v Verdict) forUsers() bool {
	switch v {
	case List, Append, AppendResult, ConnectToken:
		return true
	default:
		return false
	}
}

// UsesSession tells whether what follows acts on who is signed in, so that a
// session is to be refreshed first.
func (v Verdict) UsesSession() bool {
	switch v {
	case Upstream, Forbidden, StepUp, RefuseStale, KeepForm, Framed, List, Append, AppendResult, ConnectToken, SessionInfo, Renew, Resume:
		return true
	default:
		return false
	}
}
