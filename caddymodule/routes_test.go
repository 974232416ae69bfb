package caddymodule

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/assertion"
	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/keptform"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

var updateRoutes = flag.Bool("update-routes", false, "write testdata/routes.txt")

// everyRoute is the table with every optional route.
func everyRoute() []gate.Route {
	return (&Passkeys{base: "/passkeys", forms: new(keptform.Forms), assertions: new(assertion.Signer), related: []byte("{}")}).routes()
}

func routesGate(t *testing.T, routes []gate.Route) *gate.Gate {
	t.Helper()
	site, err := origin.ParseSet([]string{"https://app.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := gate.New(gate.Config{Base: "/passkeys", Routes: routes, Origins: site, Access: onlyAlice{}})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

type onlyAlice struct{}

func (onlyAlice) Allows(s *session.Session) bool { return s.Subject == "alice" }

// TestWhoMayAskWhichRoute holds what becomes of every route against
// testdata/routes.txt: for each method that it takes, by a page load of nobody, of a user, and of a
// user who may not use the app, from the site's own page and from another site's. A
// change there is a change of what somebody may do.
func TestWhoMayAskWhichRoute(t *testing.T) {
	g := routesGate(t, everyRoute())
	targets := []string{"/passkeys", "/passkeys/unknown", "/passkeysish", "/"}
	for _, r := range everyRoute() {
		path := "/passkeys" + r.Path
		if r.Rules&gate.Root != 0 {
			path = r.Path
		}
		if !slices.Contains(targets, path) {
			targets = append(targets, path)
		}
	}
	slices.Sort(targets)
	var b strings.Builder
	fmt.Fprintf(&b, "%-30s %-7s %-17s %-17s %-17s %-17s %-17s %s\n", "path", "method", "nobody", "alice", "mallory", "nobody, foreign", "alice, foreign", "log")
	for _, target := range targets {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE"} {
			line := fmt.Sprintf("%-30s %-7s", target, method)
			refused := 0
			for _, who := range []struct{ user, site string }{{"", "same-origin"}, {"alice", "same-origin"}, {"mallory", "same-origin"}, {"", "cross-site"}, {"alice", "cross-site"}} {
				verdict := decided(g, pageLoad(method, target, who.site), who.user)
				line += fmt.Sprintf(" %-17s", verdict)
				if verdict == "MethodNotAllowed" {
					refused++
				}
			}
			if refused < 5 {
				b.WriteString(line + " " + inLog(g, target) + "\n")
			}
		}
	}
	const file = "testdata/routes.txt"
	if *updateRoutes {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(readFile(t, file), b.String()); diff != "" {
		t.Errorf("what may be asked has changed; if that is meant: go test ./caddymodule -run WhoMayAskWhichRoute -update-routes\n%s", diff)
	}
}

// inLog says whether the access log shows an address.
func inLog(g *gate.Gate, target string) string {
	u := pageLoad(http.MethodGet, target, "").URL
	if g.Unlogged(u, u) {
		return "never"
	}
	u.RawQuery = "x=1"
	if g.Unlogged(u, u) {
		return "but for unknown queries"
	}
	return "always"
}

func pageLoad(method, target, site string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, "https://app.example.com"+target, nil)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Dest", "document")
	r.Header.Set("Sec-Fetch-Site", site)
	if site == "same-origin" {
		r.Header.Set("Origin", "https://app.example.com")
	} else {
		r.Header.Set("Origin", "https://evil.example")
	}
	return r
}

// decided is the verdict, with a mark where a session is refreshed first.
func decided(g *gate.Gate, r *http.Request, user string) string {
	t := g.Find(r)
	var who gate.Who
	mark := ""
	if user != "" && !t.Anonymous() {
		who.Session = &session.Session{Subject: user}
		if t.Refreshes() {
			mark = " fresh"
		}
	}
	d := g.Decide(r, t, who)
	return d.Verdict.String() + mark
}

// TestAddingARouteIsOneLine is what CONTRIBUTING.md shows: one line in the table and a
// handler make a page. It has a path of its own, for whoever follows that to the letter.
func TestAddingARouteIsOneLine(t *testing.T) {
	hello := func(w http.ResponseWriter, _ *http.Request, s *session.Session) error {
		_, err := fmt.Fprintf(w, "Hello, %s!", s.Subject)
		return err
	}
	p := &Passkeys{base: "/passkeys"}
	g := routesGate(t, append(p.routes(), gate.Get("/hello-of-a-test", gate.Page|gate.ForUsers|gate.Refreshes|gate.Logged, hello)))
	r := pageLoad(http.MethodGet, "/passkeys/hello-of-a-test", "same-origin")
	for user, want := range map[string]string{"": "Challenge", "alice": "Ours fresh", "mallory": "Forbidden fresh"} {
		if got := decided(g, r, user); got != want {
			t.Errorf("user %q: %s, want %s", user, got, want)
		}
	}
	if got := decided(g, pageLoad(http.MethodPost, "/passkeys/hello-of-a-test", "same-origin"), "alice"); got != "MethodNotAllowed" {
		t.Errorf("POST: %s", got)
	}
	d := g.Decide(r, g.Find(r), gate.Who{Session: &session.Session{Subject: "alice"}})
	w := httptest.NewRecorder()
	if err := d.Route.Serve(w, r, d.Session); err != nil || w.Body.String() != "Hello, alice!" {
		t.Errorf("answer %q, %v", w.Body, err)
	}
	if got := gate.Returns("/passkeys", append(p.routes(), *d.Route)).Clean("/passkeys/hello-of-a-test"); got != "/passkeys/hello-of-a-test" {
		t.Errorf("a sign-in cannot end there: %s", got)
	}
}

// No route has a handler that needs more than its table to be read: the table is read
// before the rooms are made.
func TestTheTableIsReadBeforeTheRoomsAreMade(t *testing.T) {
	if n := len(new(Passkeys).routes()); n < 20 {
		t.Errorf("%d routes", n)
	}
}
