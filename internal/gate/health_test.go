package gate

import "testing"

// Load balancers ask for the health by address and with no session.
func TestHealthIsForAnybodyUnderAnyHost(t *testing.T) {
	g := newGate(t)
	for _, tc := range []struct {
		host, method, target string
		want                 Verdict
	}{
		{"app.example.com", "GET", "/passkeys/health", Health},
		{"10.0.0.1:8080", "GET", "/passkeys/health", Health},
		{"10.0.0.1:8080", "HEAD", "/passkeys/health", Health},
		{"10.0.0.1:8080", "POST", "/passkeys/health", Misdirected},
		{"10.0.0.1:8080", "GET", "/passkeys/health/", Misdirected},
		{"10.0.0.1:8080", "GET", "/passkeys/session", Misdirected},
		{"10.0.0.1:8080", "GET", "/orders", Misdirected},
		{"app.example.com", "POST", "/passkeys/health", MethodNotAllowed},
	} {
		r := request(tc.method, tc.target)
		r.Host = tc.host
		if d := g.Admit(r); d.Verdict != tc.want || d.Session != nil {
			t.Errorf("%s %s at %s: verdict %v, session %v", tc.method, tc.target, tc.host, d.Verdict, d.Session)
		}
	}
}
