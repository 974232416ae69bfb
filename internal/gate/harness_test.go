package gate

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// What the routes of testRoutes answer, in place of Ours.
const (
	Login Verdict = verdicts + iota
	Initiate
	Callback
	LogoutQuestion
	Logout
	FrontchannelLogout
	BackchannelLogout
	UniversalLogout
	SignedOut
	List
	Append
	AppendResult
	ConnectToken
	KeptForm
	FormSummary
	SignedIn
	SessionInfo
	Renew
	SessionScript
	Asset
	Health
	KeySet
	RelatedOrigins
)

// testRoutes stand for those of caddymodule/routes.go, whose own test plays the real
// ones. Each writes its name as the status.
func testRoutes(more ...Route) []Route {
	const page = Page | Refreshes | Logged
	return append([]Route{
		Get("", page|ForUsers, answering(List)),
		Get(route.List, page|ForUsers, answering(List)),
		Get(route.Append, page|ForUsers, answering(Append)),
		Post(route.AppendResult, ForUsers|Refreshes|Logged, answering(AppendResult)),
		Post(route.ConnectToken, ForUsers|Refreshes|Logged, answering(ConnectToken)),
		GetPost(route.Login, SignsIn, answering(Login)).Logging("return", "step_up", "idp", "landed", "lost", "framed", "restart"),
		GetPost(route.Initiate, SignsIn|Unlogged, answering(Initiate)),
		GetOnly(route.Callback, Unlogged, answering(Callback)),
		Get(route.Logout, 0, answering(LogoutQuestion)),
		Post(route.Logout, OwnPage|Unlogged, answering(Logout)),
		Get(route.SignedOut, Logged, answering(SignedOut)),
		Get(route.SignedIn, Page|Logged, answering(SignedIn)),
		Get(route.KeptForm, page, answering(KeptForm)),
		Post(route.KeptFormSummary, Logged, answering(FormSummary)),
		Get(route.Session, Refreshes|Logged, answering(SessionInfo)),
		Post(route.Session, Refreshes|Logged, answering(Renew)),
		Get(route.SessionScript, Logged, answering(SessionScript)),
		Get(route.Assets, Logged, answering(Asset)),
		Get(route.Health, AnyHost|Logged, answering(Health)),
		GetPost(route.FrontchannelLogout, Unlogged, answering(FrontchannelLogout)),
		Post(route.BackchannelLogout, 0, answering(BackchannelLogout)),
		Post(route.UniversalLogout, 0, answering(UniversalLogout)),
	}, more...)
}

func answering(v Verdict) Handler {
	return func(w http.ResponseWriter, _ *http.Request, _ *session.Session) error {
		w.WriteHeader(int(v))
		return nil
	}
}

// status takes what answering writes.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) { s.code = code }

// Sessions reads who makes a request, in place of caddymodule.
type Sessions interface {
	Read(r *http.Request) (*session.Session, error)
}

// testGate is a Gate with the steps of caddymodule around it.
type testGate struct {
	*Gate
	sessions Sessions
}

func newTestGate(c Config, s Sessions) (*testGate, error) {
	c.Routes = testRoutes(c.Routes...)
	g, err := New(c)
	return &testGate{g, s}, err
}

// Admit judges a request of the session's user.
func (g *testGate) Admit(r *http.Request) Decision {
	t := g.Find(r)
	var who Who
	if !t.Anonymous() {
		if s, err := g.sessions.Read(r); err == nil {
			who.Session = s
		}
	}
	return named(r, g.Decide(r, t, who))
}

// AdmitBearer judges a request with a bearer token that holds.
func (g *testGate) AdmitBearer(r *http.Request, s *session.Session) Decision {
	return named(r, g.Decide(r, g.Find(r), Who{Session: s, Bearer: true}))
}

// named puts the name of the route in place of Ours.
func named(r *http.Request, d Decision) Decision {
	if d.Verdict == Ours {
		var got status
		_ = d.Route.Serve(&got, r, d.Session)
		d.Verdict, d.Route = Verdict(got.code), nil
	}
	return d
}
