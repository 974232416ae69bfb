package seal

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/clock"
)

var (
	keyA = bytes.Repeat([]byte("a"), 32)
	keyB = bytes.Repeat([]byte("b"), 32)
)

func box(t *testing.T, c *clock.Clock, purpose string, maxAge time.Duration, secrets ...[]byte) *Box {
	t.Helper()
	ring, err := NewKeyring(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ring.Box(purpose, maxAge, c.Now)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBox(t *testing.T) {
	c := clock.New()
	b := box(t, c, "session.v1", time.Hour, keyA)
	sealed, err := b.Seal([]byte("who"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(sealed, ".") {
		t.Fatalf("sealed text %q holds the dot that marks split cookies", sealed)
	}
	plain, at, err := b.OpenStamped(sealed)
	if err != nil || string(plain) != "who" || !at.Equal(c.Now()) {
		t.Fatalf("open: %q %v %v", plain, at, err)
	}

	refused := map[string]struct {
		box    *Box
		sealed string
	}{
		"foreign key":     {box(t, c, "session.v1", time.Hour, keyB), sealed},
		"other purpose":   {box(t, c, "login.v1", time.Hour, keyA), sealed},
		"other version":   {box(t, c, "session.v2", time.Hour, keyA), sealed},
		"truncated":       {b, sealed[:len(sealed)-4]},
		"one bit flipped": {b, "A" + sealed[1:]},
		"garbage":         {b, "%%%"},
		"empty":           {b, ""},
	}
	for name, tc := range refused {
		if _, err := tc.box.Open(tc.sealed); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s opened: %v", name, err)
		}
	}

	rotated := box(t, c, "session.v1", time.Hour, keyB, keyA)
	if plain, err := rotated.Open(sealed); err != nil || string(plain) != "who" {
		t.Errorf("after rotation: %q %v", plain, err)
	}
	if s, err := rotated.Seal([]byte("x")); err != nil {
		t.Fatal(err)
	} else if _, err := b.Open(s); err == nil {
		t.Error("the old key sealed although a new one stands first")
	}

	c.Advance(time.Hour + time.Second)
	if _, err := b.Open(sealed); !errors.Is(err, ErrInvalid) {
		t.Errorf("too old, yet opened: %v", err)
	}
}

// One secret in Caddy's storage serves every site; their cookies must differ.
func TestSessionOfAnotherSiteIsRefused(t *testing.T) {
	c := clock.New()
	ring, err := NewKeyring(keyA)
	if err != nil {
		t.Fatal(err)
	}
	boxOf := func(context string) *Box {
		b, err := ring.Bind(context).Box("session.v1", 0, c.Now)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	sealed, err := boxOf("issuer client-1").Seal([]byte("who"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := boxOf("issuer client-2").Open(sealed); !errors.Is(err, ErrInvalid) {
		t.Errorf("another site's session opened: %v", err)
	}
	if _, err := boxOf("issuer client-1").Open(sealed); err != nil {
		t.Errorf("the same site after a reload: %v", err)
	}
}

func TestKeyringRefusesShortAndMissingKeys(t *testing.T) {
	if _, err := NewKeyring(); err == nil {
		t.Error("no key was accepted")
	}
	if _, err := NewKeyring(keyA, []byte("short")); err == nil || strings.Contains(err.Error(), "short") {
		t.Errorf("short key: %v", err)
	}
}

// carry moves an answer's cookies into a new request, as a browser would.
func carry(tb testing.TB, w *httptest.ResponseRecorder) *http.Request {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "/", nil)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge >= 0 {
			r.AddCookie(c)
		}
	}
	return r
}

// Until its secrets come, a keyring makes nothing that somebody without them could make.
func TestAPendingKeyringSealsNothing(t *testing.T) {
	k := NewPending()
	box, err := k.Bind("site").Box("session.v1", 0, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if sealed, err := box.Seal([]byte("x")); err == nil {
		t.Errorf("sealed as %q", sealed)
	}
	if keys, err := k.MACKeys("digest.v1"); err != nil || len(keys) != 0 {
		t.Errorf("%d digest keys, %v", len(keys), err)
	}
	if err := k.Replace([]byte(strings.Repeat("k", MinSecret))); err != nil {
		t.Fatal(err)
	}
	sealed, err := box.Seal([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := box.Open(sealed); err != nil || string(plain) != "x" {
		t.Errorf("%q, %v", plain, err)
	}
}

func TestCookie(t *testing.T) {
	c := clock.New()
	cookie := NewCookie(box(t, c, "session.v1", time.Hour, keyA), Attributes{Short: "session", Path: "/", MaxAge: time.Hour, Parts: 4})

	for _, size := range []int{0, 1, 500, 2000, 2131, 2132, 2133, 2134, 2135, 2136, 2140, 4000, 4266, 4267, 4268, 4269, 4270, 4275, 8000} {
		plain := bytes.Repeat([]byte("x"), size)
		w := httptest.NewRecorder()
		if err := cookie.Write(w, plain); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		for _, line := range w.Header().Values("Set-Cookie") {
			if !strings.HasPrefix(line, "__Host-passkeys-session") || len(line) > 4096 {
				t.Errorf("%d bytes: cookie of %d bytes: %.40s", size, len(line), line)
			}
			for _, want := range []string{"Path=/", "HttpOnly", "Secure", "SameSite=Lax", "Max-Age=3600"} {
				if !strings.Contains(line, want) {
					t.Errorf("%s is missing in %.40s", want, line)
				}
			}
		}
		got, err := cookie.Read(carry(t, w))
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: read %d bytes, %v", size, len(got), err)
		}
	}
	if err := cookie.Write(httptest.NewRecorder(), bytes.Repeat([]byte("x"), 10_000)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("over the cap: %v", err)
	}
	if _, err := cookie.Read(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)); !errors.Is(err, ErrNone) {
		t.Errorf("no cookie: %v", err)
	}
}

// CVE-2024-24814: a cookie that claims 99999999 parts made a peer loop.
func TestHugePartCountCostsNothing(t *testing.T) {
	c := clock.New()
	cookie := NewCookie(box(t, c, "session.v1", time.Hour, keyA), Attributes{Short: "session", Path: "/", Parts: 4})
	for _, val := range []string{"99999999.x", "5.x", "1.x", "0.x", "-1.x", "+2.x", ".x", "2.", "2.x", "x.y", "02.x"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Cookie", "__Host-passkeys-session="+val)
		if _, err := cookie.Read(r); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", val, err)
		}
	}
}

func TestOversizeCookieIsNotOpened(t *testing.T) {
	c := clock.New()
	b := box(t, c, "session.v1", time.Hour, keyA)
	sealed, err := b.Seal(bytes.Repeat([]byte("x"), 4000))
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Cookie", "__Host-passkeys-session="+sealed)
	if _, err := NewCookie(b, Attributes{Short: "session", Path: "/", Parts: 4}).Read(r); !errors.Is(err, ErrInvalid) {
		t.Errorf("a cookie of %d bytes: %v", len(sealed), err)
	}
}

func TestClearAsksForEachPartThatCame(t *testing.T) {
	c := clock.New()
	cookie := NewCookie(box(t, c, "x.v1", 0, keyA), Attributes{Short: "x", Path: "/passkeys/logout", Parts: 3})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Cookie", "__Secure-passkeys-x=2.a; __Secure-passkeys-x-1=b")
	w := httptest.NewRecorder()
	cookie.Clear(w, r)
	lines := w.Header().Values("Set-Cookie")
	if len(lines) != 2 {
		t.Fatalf("cleared %q", lines)
	}
	for _, line := range lines {
		if !strings.Contains(line, "Max-Age=0") || !strings.Contains(line, "Path=/passkeys/logout") || !strings.Contains(line, "Secure") {
			t.Errorf("cleared with %q", line)
		}
	}
}

func TestPlainHTTPOnLoopbackHasNoPrefixAndNoSecure(t *testing.T) {
	c := clock.New()
	cookie := NewCookie(box(t, c, "x.v1", 0, keyA), Attributes{Short: "x", Path: "/", Insecure: true})
	w := httptest.NewRecorder()
	if err := cookie.Write(w, []byte("v")); err != nil {
		t.Fatal(err)
	}
	line := w.Header().Get("Set-Cookie")
	if !strings.HasPrefix(line, "passkeys-x=") || strings.Contains(line, "Secure") || !strings.Contains(line, "HttpOnly") {
		t.Errorf("got %q", line)
	}
}

// CVE-2023-28625: odd Cookie headers crashed a peer.
func FuzzCookieRead(f *testing.F) {
	ring, err := NewKeyring(keyA)
	if err != nil {
		f.Fatal(err)
	}
	b, err := ring.Box("session.v1", 0, time.Now)
	if err != nil {
		f.Fatal(err)
	}
	cookie := NewCookie(b, Attributes{Short: "session", Path: "/", Parts: 4})
	good := httptest.NewRecorder()
	if err := cookie.Write(good, []byte("who")); err != nil {
		f.Fatal(err)
	}
	pair, _, _ := strings.Cut(good.Header().Get("Set-Cookie"), ";")
	for _, seed := range []string{pair, pair + "; " + pair, ";;", "=", " ; = ;", "__Host-passkeys-session=", "__Host-passkeys-session=2.x; __Host-passkeys-session-1=y", pair[:len(pair)-3]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header["Cookie"] = []string{line}
		plain, err := cookie.Read(r)
		if err == nil && string(plain) != "who" {
			t.Fatalf("opened %q from %q", plain, line)
		}
		cookie.Clear(httptest.NewRecorder(), r)
	})
}

func TestReplacedSecrets(t *testing.T) {
	c := clock.New()
	ring, err := NewKeyring(keyA)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ring.Bind("site").Box("session.v1", time.Hour, c.Now)
	if err != nil {
		t.Fatal(err)
	}
	old, err := b.Seal([]byte("old"))
	if err != nil {
		t.Fatal(err)
	}
	for name, list := range map[string][][]byte{"none": nil, "short": {keyB, keyB[:31]}} {
		if ring.Replace(list...) == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := ring.Replace(keyB, keyA); err != nil {
		t.Fatal(err)
	}
	fresh, err := b.Seal([]byte("fresh"))
	if err != nil {
		t.Fatal(err)
	}
	for sealed, want := range map[string]string{old: "old", fresh: "fresh"} {
		if plain, err := b.Open(sealed); err != nil || string(plain) != want {
			t.Errorf("%s with both: %q, %v", want, plain, err)
		}
	}
	if err := ring.Replace(keyB); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(old); !errors.Is(err, ErrInvalid) {
		t.Errorf("the withdrawn secret still opens: %v", err)
	}
	if plain, err := b.Open(fresh); err != nil || string(plain) != "fresh" {
		t.Errorf("the new secret: %q, %v", plain, err)
	}
}
