package gate

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/access"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

func newHeaders(tb testing.TB, id Identity) *Headers {
	tb.Helper()
	h, err := NewHeaders(id, false, "cbo_client_state")
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

var alice = &session.Session{
	Subject: "00u1", Email: "alice@example.com", Username: "alice", Name: "Alice", Groups: session.JoinList([]string{"a", "b,c"}),
	Claims: []session.Claim{
		{Name: "department", Value: "R&D"},
		// As sign-in makes them: joined and escaped.
		{Name: "https://acme.example/roles", Value: "admin,a%2Cb"},
		{Name: "urn:acme:x", Value: "100%25"},
	},
}

// CVE-2025-64484, CVE-2026-30851 and the like: identity headers in any spelling.
func TestForgedIdentityHeaders(t *testing.T) {
	h := newHeaders(t, Forwarded())
	for _, name := range []string{
		"X-Forwarded-User", "x-forwarded-user", "X_Forwarded_User", "X-FORWARDED_USER", "X.Forwarded.User", "x_forwarded-Email",
		"X-Forwarded-Groups", "X_FORWARDED_GROUPS", "X-Forwarded-Preferred-Username", "x-forwarded_preferred_username",
		"Remote-User", "REMOTE_USER", "remote.email", "Remote_Groups", "remote-name",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header[name] = []string{"mallory"}
		r.Trailer = http.Header{name: nil, "X-Other": nil}
		h.Scrub(r)
		h.Stamp(r, nil)
		if len(r.Header) != 0 || len(r.Trailer) != 0 {
			t.Errorf("%s reached the app: %v %v", name, r.Header, r.Trailer)
		}
		r.Header[name] = []string{"mallory"}
		h.Scrub(r)
		h.Stamp(r, alice)
		for got, values := range r.Header {
			if strings.Contains(strings.Join(values, ","), "mallory") {
				t.Errorf("%s reached the app as %s", name, got)
			}
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "User-Agent", "X-User", "Accept"} {
		r.Header.Set(name, "kept")
	}
	before := r.Header.Clone()
	h.Scrub(r)
	if diff := cmp.Diff(before, r.Header); diff != "" {
		t.Error(diff)
	}
}

// reverse_proxy deletes what the client names in Connection, ours included.
func TestConnectionHeaderErasesIdentity(t *testing.T) {
	h := newHeaders(t, Forwarded())
	for _, tc := range []struct{ in, want []string }{
		{[]string{"X-Forwarded-User"}, nil},
		{[]string{"close, X-Forwarded-User"}, []string{"close"}},
		{[]string{"x-forwarded-user , keep-alive", "X_FORWARDED_EMAIL"}, []string{"keep-alive"}},
		{[]string{"keep-alive, x-app"}, []string{"keep-alive, x-app"}},
		{[]string{"", ", ,"}, []string{"", ", ,"}},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header["Connection"] = tc.in
		h.Scrub(r)
		if diff := cmp.Diff(tc.want, r.Header["Connection"]); diff != "" {
			t.Errorf("Connection %q: %s", tc.in, diff)
		}
	}
}

func TestStamp(t *testing.T) {
	for name, tc := range map[string]struct {
		id   Identity
		want http.Header
	}{
		"forwarded": {Forwarded(), http.Header{
			"X-Forwarded-User": {"00u1"}, "X-Forwarded-Email": {"alice@example.com"},
			"X-Forwarded-Groups": {"a,b%2Cc"}, "X-Forwarded-Preferred-Username": {"alice"},
		}},
		"remote": {Remote(), http.Header{
			"Remote-User": {"00u1"}, "Remote-Email": {"alice@example.com"}, "Remote-Groups": {"a,b%2Cc"}, "Remote-Name": {"Alice"},
		}},
		"own": {Identity{{"x-dept", "department"}, {"SSO_USER", "email"}, {"X-None", "missing"}}, http.Header{
			"X-Dept": {"R&D"}, "Sso_user": {"alice@example.com"},
		}},
		"namespaced claims": {Identity{{"X-Roles", "https://acme.example/roles"}, {"X-Urn", "urn:acme:x"}}, http.Header{
			"X-Roles": {"admin,a%2Cb"}, "X-Urn": {"100%25"},
		}},
		"not by passkey": {Identity{{"X-Passkey", "passkey"}, {"X-User", "sub"}}, http.Header{"X-User": {"00u1"}}},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		h := newHeaders(t, tc.id)
		h.Scrub(r)
		h.Stamp(r, alice)
		if diff := cmp.Diff(tc.want, r.Header); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestHeaderInjectionByClaim(t *testing.T) {
	h := newHeaders(t, Identity{{"X-Name", "name"}, {"X-Groups", "groups"}})
	for in, want := range map[string]string{
		"Alice\r\nX-Admin: 1": "Alice%0D%0AX-Admin: 1",
		"J\u00f6rg":           "J%C3%B6rg",
		"100%":                "100%25",
		"a\x00b\x7f":          "a%00b%7F",
		" padded ":            "%20padded%20",
		"  two inside  ":      "%20%20two inside%20%20",
		"   ":                 "%20%20%20",
		"%20padded":           "%2520padded",
		"\tx":                 "%09x",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		h.Stamp(r, &session.Session{Subject: "s", Name: in, Groups: session.JoinList([]string{in, "b"})})
		if got := r.Header.Get("X-Name"); got != want {
			t.Errorf("name %q became %q, want %q", in, got, want)
		}
		for i := range len(r.Header.Get("X-Groups")) {
			if c := r.Header.Get("X-Groups")[i]; c < ' ' || c > '~' {
				t.Errorf("groups of %q hold the byte %#x", in, c)
			}
		}
	}
}

// TestTwoUsersNeverArriveAsOne sends the claims of users who differ in what servers
// trim, fold or decode through a real connection, and looks at what the app reads.
func TestTwoUsersNeverArriveAsOne(t *testing.T) {
	h := newHeaders(t, Identity{
		{"X-Sub", "sub"}, {"X-Email", "email"}, {"X-Name", "name"}, {"X-Groups", "groups"}, {"X-Dept", "department"}, {"X-Roles", "roles"},
	})
	values := []string{
		"admins", " admins", "admins ", "  admins", "%20admins", "%2520admins", " %20admins", "admins%20", "Admins", "ADMINS", "\u00a0admins", "\u3000admins", "\u200badmins",
		"caf\u00e9", "cafe\u0301", "a,b", "a%2Cb", "a%252Cb", " a,b", "a, b", "a ,b", " ", "  ", "%20", "%", "%25", "\u2126", "\u03a9", "K", "\u212a",
	}
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"X-Sub", "X-Email", "X-Name", "X-Groups", "X-Dept", "X-Roles"} {
			_, _ = io.WriteString(w, r.Header.Get(name)+"\n") //nolint:gosec // G705: no browser reads it
		}
	}))
	defer app.Close()
	seen := make([]map[string]string, 6)
	for i := range seen {
		seen[i] = make(map[string]string)
	}
	for _, v := range values {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, app.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		h.Stamp(r, &session.Session{
			Subject: v, Email: v, Name: v, Groups: session.JoinList([]string{v, "b"}),
			// As sign-in makes them: one text, and a list of two.
			Claims: []session.Claim{{Name: "department", Value: strings.ReplaceAll(v, "%", "%25")}, {Name: "roles", Value: session.JoinList([]string{"b", v})}},
		})
		res, err := app.Client().Do(r)
		if err != nil {
			t.Fatalf("%q cannot be sent: %v", v, err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		for i, got := range strings.SplitN(string(body), "\n", 6) {
			got = strings.TrimSuffix(got, "\n")
			if other, there := seen[i][got]; there {
				t.Errorf("header %d: %q and %q both arrive as %q", i, v, other, got)
			}
			seen[i][got] = v
			if want, list := map[int][]string{3: {v, "b"}, 5: {"b", v}}[i]; list {
				if diff := cmp.Diff(want, decodedList(t, got)); diff != "" {
					t.Errorf("%q as a list, decoded as documented: %s", v, diff)
				}
			} else if decoded, err := url.PathUnescape(got); err != nil || decoded != v {
				t.Errorf("header %d: %q decodes to %q (%v)", i, v, decoded, err)
			}
		}
	}
}

// decodedList reads a list as the documentation says: split at commas, trim what
// parsers of lists trim, then percent-decode.
func decodedList(t *testing.T, header string) []string {
	t.Helper()
	var list []string
	for one := range strings.SplitSeq(header, ",") {
		decoded, err := url.PathUnescape(strings.TrimSpace(one))
		if err != nil {
			t.Error(err)
		}
		list = append(list, decoded)
	}
	return list
}

func TestOwnCookiesNeverReachTheApp(t *testing.T) {
	h := newHeaders(t, Forwarded())
	for in, want := range map[string]string{ //nolint:gosec // no credentials, only their names
		"app=1":                                 "app=1",
		"__Host-passkeys-session=x":             "",
		"app=1; __Host-passkeys-session=x; b=2": "app=1; b=2",
		"__Host-passkeys-session=2.x; __Host-passkeys-session-1=y;app=1": "app=1",
		"__Secure-passkeys-id-token=z; a=\"q;__Host-passkeys-x=1\"":      "a=\"q",
		"cbo_client_state=abc; app=1; ;=":                                "app=1; ;=",
		"cbo_client_statement=1":                                         "cbo_client_statement=1",
		"a=__Host-passkeys-session":                                      "a=__Host-passkeys-session",
		"  __Host-passkeys-login-abc = x ;c=3":                           "c=3",
		"passkeys-session=the app's own":                                 "passkeys-session=the app's own",
		"__Host-passkeys-session":                                        "",
		";; __Host-passkeys-a=1 ;;":                                      ";  ;;",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header["Cookie"] = []string{in}
		h.Stamp(r, nil)
		if got := r.Header.Get("Cookie"); strings.Trim(got, "; ") != strings.Trim(want, "; ") {
			t.Errorf("Cookie %q became %q, want %q", in, got, want)
		}
	}
	insecure, err := NewHeaders(Forwarded(), true)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header["Cookie"] = []string{"a=1; passkeys-session=x", "passkeys-login-1=y", "__Host-passkeys-session=z"}
	insecure.Stamp(r, nil)
	if diff := cmp.Diff([]string{"a=1"}, r.Header["Cookie"]); diff != "" {
		t.Error(diff)
	}
}

func TestIdentityCheck(t *testing.T) {
	for _, bad := range []Identity{
		{{"", "sub"}},
		{{"X User", "sub"}},
		{{"X-User", ""}},
		{{"Connection", "sub"}},
		{{"Cookie", "sub"}},
		{{"Host", "sub"}},
		{{"Sec-Fetch-Site", "sub"}},
		{{"X-User", "sub"}, {"x_user", "email"}},
		{{"X-User\r\nA", "sub"}},
		{{"Content-Length", "sub"}},
	} {
		if _, err := NewHeaders(bad, false); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
}

// FuzzScrub: after scrub and stamp for nobody, no header folds to one of ours,
// the Connection header names none, and no cookie of ours is left.
func FuzzScrub(f *testing.F) {
	f.Add("X-Forwarded-User", "x", "close, X-Forwarded-User", "a=1; __Host-passkeys-session=x")
	f.Add("remote_user", "x", "remote_user", ";;")
	f.Add("Accept", "", "", "=;cbo_client_state")
	h := newHeaders(f, Forwarded())
	f.Fuzz(func(t *testing.T, name, val, connection, cookie string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header[name] = []string{val}
		r.Header["Connection"] = []string{connection}
		r.Header["Cookie"] = []string{cookie}
		h.Scrub(r)
		h.Stamp(r, nil)
		for name := range r.Header {
			if _, found := h.forbidden[fold(name)]; found {
				t.Fatalf("%q is left", name)
			}
		}
		for _, line := range r.Header["Connection"] {
			for token := range strings.SplitSeq(line, ",") {
				if _, found := h.forbidden[fold(strings.TrimSpace(token))]; found {
					t.Fatalf("Connection still names %q", token)
				}
			}
		}
		for _, line := range r.Header["Cookie"] {
			for pair := range strings.SplitSeq(line, ";") {
				if n, _, _ := strings.Cut(pair, "="); h.isOurs(strings.TrimSpace(n)) {
					t.Fatalf("cookie %q is left", pair)
				}
			}
		}
	})
}

// BenchmarkAuthenticated is what an authenticated request costs beside its
// proxying: scrub, admit with a real sealed session under access rules that only
// its last group meets, stamp. Budget: 6 µs and 25 allocations.
func BenchmarkAuthenticated(b *testing.B) {
	for name, groups := range map[string]int{"5groups": 5, "30groups": 30} {
		b.Run(name, func(b *testing.B) {
			ring, err := seal.NewKeyring([]byte(strings.Repeat("k", 32)))
			if err != nil {
				b.Fatal(err)
			}
			store, err := session.New(session.Config{Keyring: ring, Idle: time.Hour, Lifetime: 8 * time.Hour, LogoutPath: "/passkeys/logout"})
			if err != nil {
				b.Fatal(err)
			}
			names := make([]string, groups)
			for i := range names {
				names[i] = "app-finance-team-" + string(rune('a'+i))
			}
			s := *alice
			s.Issuer, s.Groups = "https://login.example.com/oauth2/default", session.JoinList(names)
			w := httptest.NewRecorder()
			if err := store.Start(w, &s, ""); err != nil {
				b.Fatal(err)
			}
			pair, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
			set, err := origin.ParseSet([]string{"https://app.example.com"})
			if err != nil {
				b.Fatal(err)
			}
			rules, err := access.New(access.Config{Groups: []string{"admins", names[groups-1]}, Domains: []string{"elsewhere.test"}})
			if err != nil {
				b.Fatal(err)
			}
			g, err := newTestGate(Config{Base: "/passkeys", Public: []string{"/healthz", "/static/*"}, Origins: set, Access: rules}, store)
			if err != nil {
				b.Fatal(err)
			}
			h := newHeaders(b, Forwarded())
			r := request(http.MethodGet, "/orders/7?x=1", "User-Agent", "Mozilla/5.0", "Accept-Language", "en", "Accept-Encoding", "gzip")
			cookies := []string{"app=1; " + pair}
			b.ReportAllocs()
			for b.Loop() {
				r.Header["Cookie"] = cookies
				h.Scrub(r)
				d := g.Admit(r)
				if d.Verdict != Upstream || d.Session == nil {
					b.Fatal("not admitted")
				}
				h.Stamp(r, d.Session)
			}
		})
	}
}
