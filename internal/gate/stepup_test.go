package gate

import (
	"net/http"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

var (
	someTime = time.Unix(1_800_000_000, 0)
	fiveMin  = stepup.Demand{MaxAge: 5 * time.Minute}
	tenMin   = stepup.Demand{MaxAge: 10 * time.Minute}
	strong   = stepup.Demand{MaxAge: 30 * time.Minute, ACR: "phr"}
	together = stepup.Demand{MaxAge: 5 * time.Minute, ACR: "phr"}
)

// steppingGate has an admin area with a stricter corner, and one exact path.
func steppingGate(tb testing.TB) *Gate {
	tb.Helper()
	set, err := origin.ParseSet([]string{"https://app.example.com"})
	if err != nil {
		tb.Fatal(err)
	}
	g, err := New(Config{
		Base: "/passkeys", Public: []string{"/admin/health"}, Origins: set, Now: func() time.Time { return someTime },
		StepUps: []StepUpRule{
			{[]string{"/admin/*", "/Billing"}, tenMin},
			{[]string{"/admin/users/*"}, fiveMin},
			{[]string{"/admin/keys/*"}, strong},
		},
	}, users{})
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

func TestStepUpPaths(t *testing.T) {
	g := steppingGate(t)
	for target, want := range map[string]stepup.Demand{
		"/":                {},
		"/orders":          {},
		"/administrator":   {},
		"/admin":           tenMin, // apps serve it like /admin/
		"/admin/":          tenMin,
		"/admin/x?y=/z":    tenMin,
		"/x?y=/admin/":     {},
		"/admin/users/1":   fiveMin,
		"/admin/users":     fiveMin,
		"/admin/usersfile": tenMin,
		"/admin/keys/":     strong,
		"/billing":         tenMin,
		"/billing/":        tenMin,
		"/billing/a":       {},
		// Spellings by which an app may mean a guarded path.
		"/ADMIN/x":            tenMin,
		"/%61dmin/x":          tenMin,
		"/Admin/Users/1":      fiveMin,
		"//admin/x":           together,
		"/orders/../admin/x":  together,
		"/orders/..;/admin/x": together,
		"/orders;x/admin":     together,
		"/orders%2fadmin":     together,
		"/orders/%2e%2e/x":    together,
		"/%2561dmin":          together,
		"/orders\\admin":      together,
		"/admin%00":           together,
		"/orders%23/admin":    together,
	} {
		got := g.stepUps.demand(request("GET", target).URL)
		if got != want {
			t.Errorf("%s demands %v, want %v", target, got, want)
		}
	}
}

func TestStepUpVerdicts(t *testing.T) {
	g := steppingGate(t)
	stale := &session.Session{Subject: "alice", AuthTime: someTime.Add(-time.Hour)}
	fresh := &session.Session{Subject: "alice", AuthTime: someTime.Add(-time.Minute)}
	unknown := &session.Session{Subject: "alice"}
	for _, c := range []struct {
		name    string
		r       *http.Request
		session *session.Session
		want    Verdict
	}{
		{"fresh", request("GET", "/admin/"), fresh, Upstream},
		{"stale navigation", request("GET", "/admin/"), stale, StepUp},
		{"no auth_time", request("GET", "/admin/"), unknown, StepUp},
		{"stale form", request("POST", "/admin/", "Sec-Fetch-Site", "same-origin"), stale, KeepForm},
		{"stale form of another site", request("POST", "/admin/", "Sec-Fetch-Site", "cross-site"), stale, RefuseStale},
		{"stale PUT", request("PUT", "/admin/", "Sec-Fetch-Site", "same-origin"), stale, RefuseStale},
		{"nobody's form", request("POST", "/admin/", "Sec-Fetch-Site", "same-origin"), nil, KeepForm},
		{"stale call", request("GET", "/admin/", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"), stale, RefuseStale},
		{"stale frame", request("GET", "/admin/", "Sec-Fetch-Dest", "iframe"), stale, Framed},
		{"stale prefetch", request("GET", "/admin/", "Sec-Purpose", "prefetch"), stale, RefuseStale},
		{"stale WebSocket", request("GET", "/admin/", "Upgrade", "websocket"), stale, RefuseStale},
		{"stale preflight", request("OPTIONS", "/admin/"), stale, RefuseStale},
		{"too weak", request("GET", "/admin/keys/"), fresh, StepUp},
		{"elsewhere", request("GET", "/orders"), stale, Upstream},
		{"our own page", request("GET", "/passkeys/"), stale, List},
		{"nobody", request("GET", "/admin/"), nil, Challenge},
		{"nobody's call", request("GET", "/admin/", "Sec-Fetch-Mode", "cors"), nil, Refuse},
		{"public", request("GET", "/admin/health"), stale, Upstream},
		{"public for nobody", request("GET", "/admin/health"), nil, Upstream},
		{"a header that says otherwise", request("GET", "/admin/", "X-Original-Uri", "/orders", "X-Forwarded-Uri", "/orders"), stale, StepUp},
	} {
		d := g.Decide(c.r, c.session)
		if d.Verdict != c.want {
			t.Errorf("%s: verdict %d, want %d", c.name, d.Verdict, c.want)
		}
		if steps := d.Verdict == StepUp || d.Verdict == RefuseStale || d.Verdict == KeepForm; steps && (d.StepUp.IsZero() || d.Session != c.session) {
			t.Errorf("%s: decision %+v", c.name, d)
		}
	}
	// Whoever has to sign in anyway signs in as the path demands.
	if d := g.Decide(request("GET", "/admin/users/1"), nil); d.StepUp != fiveMin {
		t.Errorf("nobody is sent to sign in as %v", d.StepUp)
	}
}

func TestStepUpPathsThatCannotWork(t *testing.T) {
	for _, rule := range []StepUpRule{
		{[]string{"admin"}, tenMin},
		{[]string{"/a/../b"}, tenMin},
		{[]string{"/a*"}, tenMin},
		{[]string{"/a;b"}, tenMin},
		{[]string{"/passkeys/append"}, tenMin},
		{[]string{"/static/admin/*"}, tenMin},
		{[]string{"/healthz"}, tenMin},
		{nil, tenMin},
		{[]string{"/admin"}, stepup.Demand{}},
		{[]string{"/admin"}, stepup.Demand{MaxAge: time.Second}},
	} {
		if _, err := New(Config{Base: "/passkeys", Public: []string{"/static/*", "/healthz"}, StepUps: []StepUpRule{rule}}, users{}); err == nil {
			t.Errorf("%v was taken", rule)
		}
	}
	if _, err := New(Config{Base: "/passkeys", Public: []string{"/static/*"}, StepUps: []StepUpRule{{[]string{"/*"}, tenMin}}}, users{}); err != nil {
		t.Errorf("the whole site: %v", err)
	}
}
