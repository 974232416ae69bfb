package gate

import (
	"net/http"
	"net/url"
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
func steppingGate(tb testing.TB) *testGate {
	tb.Helper()
	set, err := origin.ParseSet([]string{"https://app.example.com"})
	if err != nil {
		tb.Fatal(err)
	}
	g, err := newTestGate(Config{
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
		// Windows drops dots and spaces at the end of a name, knows streams and short
		// names; decoders that are too kind take overlong forms and look-alikes.
		"/admin./x":                     together,
		"/admin%20/x":                   together,
		"/admin%20%20/x":                together,
		"/admin+/x":                     together,
		"/%20admin/x":                   together,
		"/admin.":                       together,
		"/admin::$INDEX_ALLOCATION/x":   together,
		"/admin::$DATA":                 together,
		"/admin:x/y":                    together,
		"/admin~1/x":                    together,
		"/ADMINI~1/x":                   together,
		"/%c1%a1dmin/x":                 together,
		"/%e0%81%a1dmin/x":              together,
		"/%ef%bd%81dmin/x":              together, // full-width a
		"/%c4%81dmin/x":                 together, // a with macron, a's best fit
		"/orders/%ef%bc%8e%ef%bc%8e/x":  together,
		"/orders%ef%bc%8fadmin":         together,
		"/orders/%c4%ae%c4%ae%c4%afx":   together, // dots and a slash, cut to a byte
		"/adm%c2%adin/x":                together, // soft hyphen
		"/adm%e2%80%8bin/x":             together, // zero-width space
		"/adm%69n\u0131/x":              together,
		"/adm*/x":                       together,
		"/admi%3cx":                     together,
		"/admi%3e/x":                    together,
		"/adm%22in/x":                   together,
		"/adm%7cin/x":                   together,
		"/adm%5ein/x":                   together,
		"/%ff":                          together,
		"/orders/report%20(1)@2,3=$!'&": {},
		"/orders/[id]-a.b_c+d":          {},
		"/.well-known/x":                {},
	} {
		got := g.stepUps.demand(request("GET", target).URL)
		if got != want {
			t.Errorf("%s demands %v, want %v", target, got, want)
		}
	}
}

// A pattern's own letters count as plain, in its own spelling and any case.
func TestStepUpPathsBeyondASCII(t *testing.T) {
	g, err := newTestGate(Config{Base: "/passkeys", StepUps: []StepUpRule{
		{[]string{"/größe/*", "/~root/*", "/items:purge"}, tenMin},
		{[]string{"/admin/*"}, strong},
		{[]string{"/iı/*"}, fiveMin},
	}}, users{})
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]stepup.Demand{
		"/größe/x":         tenMin,
		"/GRÖßE/x":         tenMin,
		"/größe":           tenMin,
		"/größe/ü":         g.stepUps.all,
		"/größe/admin~1":   g.stepUps.all,
		"/gro\u0308ße/x":   g.stepUps.all, // the same letter in two parts
		"/größen/x":        g.stepUps.all,
		"/Gr\u1e9eöße/x":   g.stepUps.all,
		"/~root/x":         tenMin,
		"/~ROOT/":          tenMin,
		"/~rooted/x":       g.stepUps.all,
		"/items:purge":     tenMin,
		"/items:purge/":    tenMin,
		"/items:list":      g.stepUps.all,
		"/\u0130ı/x":       g.stepUps.all, // small, it would be an i
		"/iı/x":            fiveMin,
		"/adm\u0130n/x":    g.stepUps.all,
		"/J\u030cx":        g.stepUps.all, // small, it would be one letter
		"/orders":          {},
		"/admin/x":         strong,
		"/größe/../admin/": g.stepUps.all,
	} {
		r := request("GET", "/")
		r.URL = &url.URL{Path: target}
		if got := g.stepUps.demand(r.URL); got != want {
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
		{"our own page", request("GET", "/passkeys/"), stale, Ours},
		{"nobody", request("GET", "/admin/"), nil, Challenge},
		{"nobody's call", request("GET", "/admin/", "Sec-Fetch-Mode", "cors"), nil, Refuse},
		{"public", request("GET", "/admin/health"), stale, Upstream},
		{"public for nobody", request("GET", "/admin/health"), nil, Upstream},
		{"a header that says otherwise", request("GET", "/admin/", "X-Original-Uri", "/orders", "X-Forwarded-Uri", "/orders"), stale, StepUp},
	} {
		d := g.Decide(c.r, g.Find(c.r), Who{Session: c.session})
		if d.Verdict != c.want {
			t.Errorf("%s: verdict %v, want %v", c.name, d.Verdict, c.want)
		}
		if steps := d.Verdict == StepUp || d.Verdict == RefuseStale || d.Verdict == KeepForm; steps && (d.StepUp.IsZero() || d.Session != c.session) {
			t.Errorf("%s: decision %+v", c.name, d)
		}
	}
	// Whoever has to sign in anyway signs in as the path demands.
	if d := g.Admit(request("GET", "/admin/users/1")); d.StepUp != fiveMin {
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
		{[]string{"/HEALTHZ"}, tenMin}, // an app on Windows serves it as /healthz
		{[]string{"/Static/Admin/*"}, tenMin},
		{[]string{"/admin./*"}, tenMin},
		{[]string{"/ａdmin"}, tenMin},
		{nil, tenMin},
		{[]string{"/admin"}, stepup.Demand{}},
		{[]string{"/admin"}, stepup.Demand{MaxAge: time.Second}},
	} {
		if _, err := newTestGate(Config{Base: "/passkeys", Public: []string{"/static/*", "/healthz"}, StepUps: []StepUpRule{rule}}, users{}); err == nil {
			t.Errorf("%v was taken", rule)
		}
	}
	if _, err := newTestGate(Config{Base: "/passkeys", Public: []string{"/static/*"}, StepUps: []StepUpRule{{[]string{"/*"}, tenMin}}}, users{}); err != nil {
		t.Errorf("the whole site: %v", err)
	}
}
