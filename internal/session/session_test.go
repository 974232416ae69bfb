package session

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/memo"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/clock"
)

func newStore(tb testing.TB, c *clock.Clock, secrets ...[]byte) *Store {
	tb.Helper()
	ring, err := seal.NewKeyring(secrets...)
	if err != nil {
		tb.Fatal(err)
	}
	st, err := New(Config{Keyring: ring, Idle: time.Hour, Lifetime: 8 * time.Hour, LogoutPath: "/passkeys/logout", Now: c.Now})
	if err != nil {
		tb.Fatal(err)
	}
	return st
}

func start(tb testing.TB, st *Store, s Session) *http.Request {
	tb.Helper()
	w := httptest.NewRecorder()
	if err := st.Start(w, &s, "id.token.raw"); err != nil {
		tb.Fatal(err)
	}
	return carry(tb, w)
}

func carry(tb testing.TB, w *httptest.ResponseRecorder) *http.Request {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "/", nil)
	for _, c := range w.Result().Cookies() {
		r.AddCookie(c)
	}
	return r
}

// alice is a user with n groups of the length that directories give them.
func alice(n int) Session {
	groups := make([]string, n)
	for i := range groups {
		groups[i] = fmt.Sprintf("app-%s-team-%02d", []string{"finance", "ops", "support"}[i%3], i)
	}
	return Session{
		Issuer: "https://login.example.com/oauth2/default", Subject: "00u1a2b3c4d5e6f7g8h9", Email: "alice@example.com",
		Name: "Alice Example", Username: "alice@example.com", Groups: JoinList(groups), AMR: "pwd mfa", IDP: "00o1a2b3c4d5e6f7g8h9",
		AuthTime: time.Unix(1_799_999_990, 0),
	}
}

var key = bytes.Repeat([]byte("k"), 32)

func TestSessionRoundTrip(t *testing.T) {
	c := clock.New()
	st := newStore(t, c, key)
	want := alice(5)
	want.RefreshToken, want.ACR, want.Passkey = "refresh", "urn:okta:loa:2fa:any", true
	want.EmailUnverified, want.ProviderSID, want.RefreshAt = true, "sid-1", c.Now().Add(time.Hour)
	want.Claims = []Claim{{Name: "department", Value: "R&D", Text: true}, {Name: "empty"}}
	r := start(t, st, want)
	got, err := st.Read(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.ID) != 22 {
		t.Errorf("session ID %q", got.ID)
	}
	want.ID, want.StartedAt, want.SeenAt, want.ExpiresAt = got.ID, c.Now(), c.Now(), c.Now().Add(8*time.Hour)
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Error(diff)
	}
	if st.IDToken(r) != "id.token.raw" {
		t.Error("the ID token did not come back")
	}
}

func TestSessionFixationNewIDAtEachSignIn(t *testing.T) {
	st := newStore(t, clock.New(), key)
	planted := alice(0)
	planted.ID = "chosen-by-the-attacker"
	a, _ := st.Read(start(t, st, planted))
	b, _ := st.Read(start(t, st, planted))
	if a.ID == planted.ID || a.ID == b.ID {
		t.Errorf("session IDs %q and %q", a.ID, b.ID)
	}
}

func TestIdleAndLifetime(t *testing.T) {
	c := clock.New()
	st := newStore(t, c, key)
	r := start(t, st, alice(1))
	begin := c.Now()

	c.Set(begin.Add(time.Hour - time.Second))
	if _, err := st.Read(r); err != nil {
		t.Fatalf("a second before the idle time: %v", err)
	}
	c.Set(begin.Add(time.Hour))
	if _, err := st.Read(r); !errors.Is(err, ErrExpired) {
		t.Errorf("idle: %v", err)
	}

	// A busy session slides, until its lifetime is over.
	c.Set(begin)
	for c.Now().Before(begin.Add(8 * time.Hour)) {
		s, err := st.Read(r)
		if err != nil {
			t.Fatalf("busy session after %s: %v", c.Now().Sub(begin), err)
		}
		if st.Due(s) {
			w := httptest.NewRecorder()
			if err := st.Renew(w, s); err != nil {
				t.Fatal(err)
			}
			r = carry(t, w)
		}
		c.Advance(7 * time.Minute)
	}
	if _, err := st.Read(r); !errors.Is(err, ErrExpired) {
		t.Errorf("past its lifetime: %v", err)
	}
}

// What a cookie opened to is remembered; what time does to it is not.
func TestRememberedSessionStillExpires(t *testing.T) {
	c := clock.New()
	st := newStore(t, c, key)
	r := start(t, st, alice(1))
	first, err := st.Read(r)
	if err != nil {
		t.Fatal(err)
	}
	first.Subject, first.SeenAt = "mallory", c.Now().Add(100*time.Hour)
	second, err := st.Read(r)
	if err != nil || second.Subject != alice(1).Subject || !second.SeenAt.Equal(c.Now()) {
		t.Errorf("a reader changed what the next one gets: %+v, %v", second, err)
	}
	c.Advance(time.Hour)
	if _, err := st.Read(r); !errors.Is(err, ErrExpired) {
		t.Errorf("remembered beyond its idle time: %v", err)
	}
}

func TestRememberedSessionAnswersForItsOwnCookieOnly(t *testing.T) {
	c := clock.New()
	st := newStore(t, c, key)
	// More sessions than the memo has places, so that every place is fought for.
	requests := make([]*http.Request, 3*memo.Size)
	for i := range requests {
		s := alice(0)
		s.Subject = fmt.Sprintf("user-%d", i)
		requests[i] = start(t, st, s)
	}
	for range 2 {
		for i, r := range requests {
			if s, err := st.Read(r); err != nil || s.Subject != fmt.Sprintf("user-%d", i) {
				t.Fatalf("user %d reads %+v, %v", i, s, err)
			}
		}
	}
	line := requests[7].Header.Get("Cookie")
	for _, forged := range []string{line[:len(line)/2], strings.Replace(line, "session=", "session=A", 1)} {
		r := requests[8].Clone(t.Context())
		r.Header.Set("Cookie", forged)
		if s, err := st.Read(r); err == nil {
			t.Errorf("forged cookie read as %s", s.Subject)
		}
	}
}

// A key that leaked is taken away, and what it sealed must not be remembered.
func TestRememberedSessionOfAWithdrawnKey(t *testing.T) {
	c := clock.New()
	other := bytes.Repeat([]byte("o"), 32)
	ring, err := seal.NewKeyring(key, other)
	if err != nil {
		t.Fatal(err)
	}
	st, err := New(Config{Keyring: ring.Bind("site"), Idle: time.Hour, Lifetime: 8 * time.Hour, LogoutPath: "/passkeys/logout", Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, st, alice(1))
	for _, secrets := range [][][]byte{{key, other}, {other, key}} {
		if err := ring.Replace(secrets...); err != nil {
			t.Fatal(err)
		}
		if _, err := st.Read(r); err != nil {
			t.Fatalf("while its key is good: %v", err)
		}
	}
	if err := ring.Replace(other); err != nil {
		t.Fatal(err)
	}
	if s, err := st.Read(r); !errors.Is(err, ErrInvalid) {
		t.Errorf("the withdrawn key's session: %+v, %v", s, err)
	}
}

func TestRenewedSession(t *testing.T) {
	c := clock.New()
	st := newStore(t, c, key)
	r := start(t, st, alice(1))
	s, err := st.Read(r)
	if err != nil {
		t.Fatal(err)
	}
	c.Advance(time.Minute)
	s.Groups = "other"
	w := httptest.NewRecorder()
	if err := st.Renew(w, s); err != nil {
		t.Fatal(err)
	}
	got, err := st.Read(carry(t, w))
	if err != nil || got.Groups != "other" || got.ID != s.ID || !got.SeenAt.Equal(c.Now()) {
		t.Errorf("%+v, %v", got, err)
	}
	w = httptest.NewRecorder()
	st.Forget(w, r)
	if !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("Forget set %q", w.Header().Values("Set-Cookie"))
	}
}

func TestSessionHandedOn(t *testing.T) {
	want := alice(3)
	want.ID, want.RefreshToken, want.RefreshAt = "id", "r", time.Unix(1_800_000_000, 0)
	layout, err := want.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var got Session
	if err := got.UnmarshalBinary(layout); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := got.UnmarshalBinary(layout[:len(layout)-1]); err == nil {
		t.Error("half a session was taken")
	}
}

func TestBadCookieMeansNoSession(t *testing.T) {
	c := clock.New()
	st := newStore(t, c, key)
	foreign := start(t, newStore(t, c, bytes.Repeat([]byte("f"), 32)), alice(1))
	good := start(t, st, alice(1))
	line := good.Header.Get("Cookie")
	val := strings.TrimPrefix(strings.Split(line, "; ")[0], "__Host-passkeys-session=")
	idToken := strings.TrimPrefix(strings.Split(line, "; ")[1], "__Secure-passkeys-id-token=")
	for name, cookie := range map[string]string{
		"garbage": "x", "oversize": strings.Repeat("A", 60_000), "truncated": val[:len(val)/2], "empty": "", "null bytes": "\x00\x00",
		"foreign key":                     strings.TrimPrefix(strings.Split(foreign.Header.Get("Cookie"), "; ")[0], "__Host-passkeys-session="),
		"an ID token cookie in its place": idToken,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Cookie", "__Host-passkeys-session="+cookie)
		if s, err := st.Read(r); err == nil || s != nil {
			t.Errorf("%s: signed in as %v", name, s)
		}
	}
}

func TestEndForgetsBothCookies(t *testing.T) {
	st := newStore(t, clock.New(), key)
	w := httptest.NewRecorder()
	st.End(w, start(t, st, alice(1)))
	if got := w.Header().Values("Set-Cookie"); len(got) != 2 || !strings.Contains(got[0]+got[1], "Max-Age=0") {
		t.Errorf("End set %q", got)
	}
}

// The budget of the session cookie: 700 bytes with 5 groups, 2 kB with 30 groups
// and a refresh token, in one cookie.
func TestCookieSizeBudget(t *testing.T) {
	st := newStore(t, clock.New(), key)
	big := alice(30)
	big.RefreshToken, big.RefreshAt, big.ProviderSID = strings.Repeat("r", 43), big.AuthTime.Add(15*time.Minute), "idxA1b2C3d4E5f6G7h8I9j0"
	big.ACR, big.EmailUnverified, big.Passkey = "urn:okta:loa:2fa:any", true, true
	for _, tc := range []struct {
		name   string
		s      Session
		budget int
	}{{"5 groups", alice(5), 700}, {"30 groups and a refresh token", big, 2000}} {
		w := httptest.NewRecorder()
		if err := st.Start(w, &tc.s, ""); err != nil {
			t.Fatal(err)
		}
		pair, _, _ := strings.Cut(w.Header().Values("Set-Cookie")[0], ";")
		t.Logf("%s: %d bytes", tc.name, len(pair))
		if len(pair) > tc.budget || strings.HasPrefix(strings.SplitN(pair, "=", 2)[1], "2.") {
			t.Errorf("%s: cookie of %d bytes, budget %d", tc.name, len(pair), tc.budget)
		}
	}
}

func TestLists(t *testing.T) {
	for _, values := range [][]string{{}, {"a"}, {"a", "b"}, {"a,b", "c%d", "%2C"}, {"Jörg"}} {
		if diff := cmp.Diff(values, SplitList(JoinList(values))); diff != "" {
			t.Errorf("%q: %s", values, diff)
		}
	}
}

func FuzzDecode(f *testing.F) {
	s := alice(3)
	s.Claims = []Claim{{Name: "a", Value: "b"}}
	f.Add(encode(&s))
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 40))
	f.Fuzz(func(t *testing.T, plain []byte) {
		if s, err := decode(plain); err == nil {
			if _, err := decode(encode(s)); err != nil {
				t.Fatalf("a session that decodes does not encode: %v", err)
			}
		}
	})
}

// BenchmarkRead reads a session that this process has not seen before (open) and
// one that it has.
func BenchmarkRead(b *testing.B) {
	for _, groups := range []int{5, 30} {
		for _, kind := range []string{"open", "remembered"} {
			b.Run(fmt.Sprintf("%dgroups/%s", groups, kind), func(b *testing.B) {
				st, _ := newRevocableStore(b, clock.New())
				r := start(b, st, alice(groups))
				sealed, err := st.session.Sealed(r)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if kind == "open" {
						st.opened.Put(sealed, &opened{keys: ^uint64(0)})
					}
					if _, err := st.Read(r); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
