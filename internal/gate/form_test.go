package gate

import "testing"

// TestCrossSitePostIsNeverKept: kept for after the sign-in, it would be sent with
// the session that browsers hold back from it.
func TestCrossSitePostIsNeverKept(t *testing.T) {
	g := newGate(t, "/public")
	own := []string{"Sec-Fetch-Site", "same-origin", "Origin", "https://app.example.com"}
	for name, tc := range map[string]struct {
		headers []string
		want    Verdict
	}{
		"own page":                       {own, KeepForm},
		"own page without referrer":      {[]string{"Sec-Fetch-Site", "same-origin", "Origin", "null"}, KeepForm},
		"own page, old browser":          {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-", "Origin", "https://app.example.com"}, KeepForm},
		"other site":                     {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, Refuse},
		"sibling domain":                 {[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://blog.example.com"}, Refuse},
		"other site, forged Origin":      {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://app.example.com"}, Refuse},
		"same site by name only":         {[]string{"Sec-Fetch-Site", "same-origin", "Origin", "https://evil.example"}, Refuse},
		"typed into the address":         {[]string{"Sec-Fetch-Site", "none"}, Refuse},
		"sandboxed frame":                {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "null"}, Refuse},
		"old browser, other site":        {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-", "Origin", "https://evil.example"}, Refuse},
		"old browser, opaque":            {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-", "Origin", "null"}, Refuse},
		"old browser says nothing":       {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-"}, Refuse},
		"frame of the own page":          {append([]string{"Sec-Fetch-Dest", "iframe"}, own...), KeepForm},
		"frame, posted by another site":  {[]string{"Sec-Fetch-Dest", "iframe", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, Refuse},
		"object of the own page":         {append([]string{"Sec-Fetch-Dest", "object"}, own...), Refuse},
		"script of the own page":         {append([]string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"}, own...), Refuse},
		"another port of the own domain": {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-", "Origin", "https://app.example.com:8443"}, Refuse},
		"the own domain on plain http":   {[]string{"Sec-Fetch-Mode", "-", "Sec-Fetch-Dest", "-", "Origin", "http://app.example.com"}, Refuse},
	} {
		got := g.Admit(request("POST", "/orders", tc.headers...))
		if got.Verdict != tc.want {
			t.Errorf("%s: verdict %d, want %d", name, got.Verdict, tc.want)
		}
		got = g.Admit(request("POST", "/orders", append([]string{"Cookie", "user=alice"}, tc.headers...)...))
		if got.Verdict != Upstream || got.OwnForm != (tc.want == KeepForm) {
			t.Errorf("%s, signed in: verdict %d, own form %v", name, got.Verdict, got.OwnForm)
		}
	}
	for target, want := range map[string]Verdict{"/public": Upstream, "/passkeys/login": MethodNotAllowed, "/passkeys/nothing": NotFound, "/passkeys/resume": MethodNotAllowed} {
		if got := g.Admit(request("POST", target, own...)); got.Verdict != want {
			t.Errorf("POST %s: verdict %d, want %d", target, got.Verdict, want)
		}
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		if got := g.Admit(request(method, "/orders", own...)); got.Verdict != Refuse {
			t.Errorf("%s: verdict %d", method, got.Verdict)
		}
	}
}
