package gate

// Verdict is what is to be done with a request.
type Verdict int

// The verdicts. The zero Verdict is none, so that a Decision that nobody made opens
// nothing.
const (
	undecided Verdict = iota
	// Upstream passes the request on to the app.
	Upstream
	// Ours lets one of our own routes answer.
	Ours
	// Challenge sends a browser's top-level navigation to sign in.
	Challenge
	// Refuse answers any other request without a session: 401.
	Refuse
	// StepUp sends a navigation to sign in again: the session's sign-in is too old
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
	// CrossSite refuses a form that another site posts to a route of ours: 403.
	CrossSite
	// NotFound answers unknown paths under the base path: 404.
	NotFound
	// MethodNotAllowed answers a route asked with another method, and the methods that
	// never reach the app: 405.
	MethodNotAllowed
	verdicts // how many there are
)

// Verdicts is how many there are.
const Verdicts = verdicts

var verdictNames = [verdicts]string{
	"undecided", "Upstream", "Ours", "Challenge", "Refuse", "StepUp", "RefuseStale", "Framed", "KeepForm", "ForeignForm",
	"Preflight", "Misdirected", "BadPath", "Forbidden", "CrossSite", "NotFound", "MethodNotAllowed",
}

// String returns the verdict's name.
func (v Verdict) String() string {
	if v < 0 || v >= verdicts {
		return "unknown verdict"
	}
	return verdictNames[v]
}
