package gate

import (
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// TestCrossSitePostIsNeverKept: kept for after the sign-in, it would be sent with
// the session that browsers hold back from it.
func TestCrossSitePostIsNeverKept(t *testing.T) {
	g := newGate(t, "/public")
	own := []string{"Sec-Fetch-Site", "same-origin", "Origin", "https://app.example.com"}
	for name, tc := range map[string]struct {
		headers []string
		want    Verdict
	}{
		"own page":                              {own, KeepForm},
		"own page without referrer":             {[]string{"Sec-Fetch-Site", "same-origin", "Origin", "null"}, KeepForm},
		"own page, old browser":                 {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-", "Origin", "https://app.example.com"}, KeepForm},
		"other site":                            {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, ForeignForm},
		"sibling domain":                        {[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://blog.example.com"}, Refuse},
		"other site, forged Origin":             {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://app.example.com"}, ForeignForm},
		"same site by name only":                {[]string{"Sec-Fetch-Site", "same-origin", "Origin", "https://evil.example"}, Refuse},
		"typed into the address":                {[]string{"Sec-Fetch-Site", "none"}, Refuse},
		"sandboxed frame":                       {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "null"}, ForeignForm},
		"old browser, other site":               {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-", "Origin", "https://evil.example"}, ForeignForm},
		"old browser, opaque":                   {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-", "Origin", "null"}, ForeignForm},
		"old browser says nothing":              {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-"}, Refuse},
		"frame of the own page":                 {append([]string{"Sec-Fetch-Dest", "iframe"}, own...), KeepForm},
		"frame, posted by another site":         {[]string{"Sec-Fetch-Dest", "iframe", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, ForeignForm},
		"passed on by a worker":                 {append([]string{"Sec-Fetch-Dest", "empty"}, own...), KeepForm},
		"another site's, passed on by a worker": {[]string{"Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, ForeignForm},
		// Such a request says of another site's form that it is one of the worker's site.
		"a worker's own request":         {append([]string{"Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "empty", "Upgrade-Insecure-Requests", "1"}, own...), Refuse},
		"object of the own page":         {append([]string{"Sec-Fetch-Dest", "object"}, own...), Refuse},
		"script of the own page":         {append([]string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"}, own...), Refuse},
		"another port of the own domain": {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-", "Origin", "https://app.example.com:8443"}, ForeignForm},
		"the own domain on plain http":   {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-", "Origin", "http://app.example.com"}, ForeignForm},
	} {
		got := g.Admit(request("POST", "/orders", tc.headers...))
		if got.Verdict != tc.want {
			t.Errorf("%s: verdict %v, want %v", name, got.Verdict, tc.want)
		}
		got = g.Admit(request("POST", "/orders", append([]string{"Cookie", "user=alice"}, tc.headers...)...))
		if got.Verdict != Upstream || got.OwnForm != (tc.want == KeepForm) {
			t.Errorf("%s, signed in: verdict %v, own form %v", name, got.Verdict, got.OwnForm)
		}
	}
	for target, want := range map[string]Verdict{"/public": Upstream, "/passkeys/login": Login, "/passkeys/callback": MethodNotAllowed, "/passkeys/nothing": NotFound, "/passkeys/resume": MethodNotAllowed} {
		if got := g.Admit(request("POST", target, own...)); got.Verdict != want {
			t.Errorf("POST %s: verdict %v, want %v", target, got.Verdict, want)
		}
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		if got := g.Admit(request(method, "/orders", own...)); got.Verdict != Refuse {
			t.Errorf("%s: verdict %v", method, got.Verdict)
		}
	}
}

// TestFormsOfOtherSitesArePostedAgainWhereThatIsSaid and nowhere else.
func TestFormsOfOtherSitesArePostedAgainWhereThatIsSaid(t *testing.T) {
	set, err := origin.ParseSet([]string{"https://app.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	config := func(reposts ...string) Config {
		return Config{
			Base: "/passkeys", Public: []string{"/public/*"}, Origins: set, Reposts: reposts,
			StepUps: []StepUpRule{{Paths: []string{"/admin/*"}, Demand: stepup.Demand{MaxAge: time.Minute}}},
		}
	}
	g, err := newTestGate(config("/saml/acs", "/payment/*"), users{})
	if err != nil {
		t.Fatal(err)
	}
	foreign := []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://bank.example"}
	for target, want := range map[string]bool{
		"/saml/acs": true, "/saml/acs?x=1": true, "/payment/back/7": true,
		"/saml/acs/": false, "/saml": false, "/SAML/ACS": false, "/payment": false, "/orders": false, "/payment/../orders": false,
		"/payment/..%2forders": false, "/payment/%2e%2e/orders": false, "/payment/x;y": false, "//payment/x": false, "/payment//x": false,
	} {
		if got := g.Admit(request("POST", target, foreign...)); got.Verdict != ForeignForm || got.Repost != want || got.OwnForm {
			t.Errorf("%s: %+v, want %t", target, got, want)
		}
	}
	for name, headers := range map[string][]string{
		"own page": {"Sec-Fetch-Site", "same-origin", "Origin", "https://app.example.com"}, "sibling": {"Sec-Fetch-Site", "same-site", "Origin", "https://x.example.com"},
		"script": {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Origin", "https://bank.example"},
		"user":   append([]string{"Cookie", "user=alice"}, foreign...),
	} {
		if got := g.Admit(request("POST", "/saml/acs", headers...)); got.Repost || got.Verdict == ForeignForm {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		if got := g.Admit(request(method, "/saml/acs", foreign...)); got.Repost || got.Verdict == ForeignForm {
			t.Errorf("%s: %+v", method, got)
		}
	}
	for _, bad := range []string{"/*", "", "saml", "/saml/../acs", "/saml*", "/passkeys/x", "/passkeys", "/public/x", "/admin", "/admin/users", "/admin/*", "/a%2fb", "/a;b"} {
		if _, err := newTestGate(config(bad), users{}); err == nil {
			t.Errorf("repost %q is taken", bad)
		}
	}
}
