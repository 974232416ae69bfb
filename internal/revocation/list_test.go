package revocation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/clock"
)

const lifetime = 8 * time.Hour

func ring(tb testing.TB, first byte, more ...byte) *seal.Keyring {
	tb.Helper()
	var secrets [][]byte
	for _, b := range append([]byte{first}, more...) {
		secrets = append(secrets, bytes.Repeat([]byte{b}, seal.MinSecret))
	}
	k, err := seal.NewKeyring(secrets...)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// published keeps what a list tells the other replicas.
type published struct {
	records []Record
	err     error
}

func (p *published) Publish(_ context.Context, records ...Record) error {
	p.records = append(p.records, records...)
	return p.err
}

func newList(tb testing.TB, c *clock.Clock, k *seal.Keyring, p Publisher) *List {
	tb.Helper()
	l, err := New(Config{Records: NewRecords(c.Now, nil), Keyring: k, Publisher: p, Lifetime: lifetime, Now: c.Now}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

func alice(began time.Time) *session.Session {
	return &session.Session{
		ID: "id-1", Issuer: "https://idp.example", Subject: "00u1", Email: "Alice@Example.com", Username: "alice@corp.example",
		ProviderSID: "sid-1", StartedAt: began, SeenAt: began, ExpiresAt: began.Add(lifetime),
	}
}

func TestEachKindEndsItsSessionsOnly(t *testing.T) {
	c := clock.New()
	for name, tc := range map[string]struct {
		end  func(l *List, ctx context.Context) error
		want bool
	}{
		"its ID":     {func(l *List, ctx context.Context) error { return l.EndSession(ctx, "id-1") }, true},
		"another ID": {func(l *List, ctx context.Context) error { return l.EndSession(ctx, "id-2") }, false},
		"its provider session": {func(l *List, ctx context.Context) error {
			return l.EndProviderSession(ctx, "https://idp.example", "sid-1")
		}, true},
		"that of another issuer": {
			func(l *List, ctx context.Context) error {
				return l.EndProviderSession(ctx, "https://other.example", "sid-1")
			}, false,
		},
		"its user":                {func(l *List, ctx context.Context) error { return l.EndSubject(ctx, "https://idp.example", "00u1") }, true},
		"a user of that name":     {func(l *List, ctx context.Context) error { return l.EndSubject(ctx, "https://other.example", "00u1") }, false},
		"issuer and name shifted": {func(l *List, ctx context.Context) error { return l.EndSubject(ctx, "https://idp.example0", "0u1") }, false},
		"its address":             {func(l *List, ctx context.Context) error { return l.EndEmail(ctx, "alice@example.COM") }, true},
		"its user name":           {func(l *List, ctx context.Context) error { return l.EndEmail(ctx, "alice@corp.example") }, true},
		"an ID as an address":     {func(l *List, ctx context.Context) error { return l.EndEmail(ctx, "id-1") }, false},
	} {
		l := newList(t, c, ring(t, 'k'), nil)
		s := alice(c.Now().Add(-time.Minute))
		before := l.Generation()
		if before == 0 || l.Revoked(s) {
			t.Fatalf("%s: generation %d, revoked before anything was ended", name, before)
		}
		if err := tc.end(l, t.Context()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := l.Revoked(s); got != tc.want || l.Generation() == before {
			t.Errorf("%s: revoked %v, want %v; generation %d then %d", name, got, tc.want, before, l.Generation())
		}
	}
}

func TestCutoffSparesLaterSignIns(t *testing.T) {
	c := clock.New()
	l := newList(t, c, ring(t, 'k'), nil)
	if err := l.EndSubject(t.Context(), "https://idp.example", "00u1"); err != nil {
		t.Fatal(err)
	}
	for offset, want := range map[time.Duration]bool{
		-time.Hour: true, 0: true, 900 * time.Millisecond: true, // cookies hold whole seconds: the same second counts as before
		time.Second: false, time.Hour: false,
	} {
		if got := l.Revoked(alice(c.Now().Add(offset))); got != want {
			t.Errorf("a session that began %s after the cutoff: revoked %v, want %v", offset, got, want)
		}
	}
	// A session's own ID needs no cutoff: it never begins again.
	l.Add(bySession("id-1"), c.Now().Add(-time.Hour), c.Now().Add(time.Hour))
	if !l.Revoked(alice(c.Now())) {
		t.Error("a session was spared although it was named itself")
	}
}

func TestEmptyNamesEndNobody(t *testing.T) {
	c := clock.New()
	l := newList(t, c, ring(t, 'k'), nil)
	if l.EndEmail(t.Context(), "") == nil || l.EndProviderSession(t.Context(), "https://idp.example", "") == nil || l.EndSession(t.Context(), "") == nil {
		t.Error("an empty name was taken")
	}
	s := alice(c.Now())
	s.Email, s.ProviderSID, s.Username = "", "", ""
	l.Add(byEmail(""), c.Now(), c.Now().Add(time.Hour))
	if l.Revoked(s) {
		t.Error("a user without an address was taken for the empty address")
	}
}

// Whoever knows a record, from Redis or from memory, learns nobody's name, and
// one relying party's record says nothing to another.
func TestRecordsHoldNoNamesAndBindToTheSite(t *testing.T) {
	c := clock.New()
	p := new(published)
	l := newList(t, c, ring(t, 'k').Bind("issuer client-1"), p)
	if err := l.EndEmail(t.Context(), "alice@example.com"); err != nil {
		t.Fatal(err)
	}
	raw, err := p.records[0].MarshalBinary()
	if err != nil || bytes.Contains(raw, []byte("alice")) {
		t.Errorf("record %q, %v", raw, err)
	}
	other := newList(t, c, ring(t, 'k').Bind("issuer client-2"), nil)
	other.records.Apply(p.records[0])
	if other.Revoked(alice(c.Now())) {
		t.Error("another site's record counted")
	}
}

func TestReplicasInAKeyRotationUnderstandEachOther(t *testing.T) {
	c := clock.New()
	for _, tc := range []struct{ from, to *seal.Keyring }{
		{ring(t, 'n', 'o'), ring(t, 'o')}, {ring(t, 'o'), ring(t, 'n', 'o')}, {ring(t, 'n', 'o'), ring(t, 'n')}, {ring(t, 'n'), ring(t, 'n', 'o')},
	} {
		p := new(published)
		if err := newList(t, c, tc.from, p).EndSubject(t.Context(), "https://idp.example", "00u1"); err != nil {
			t.Fatal(err)
		}
		l := newList(t, c, tc.to, nil)
		for _, r := range p.records {
			l.records.Apply(r)
		}
		if !l.Revoked(alice(c.Now())) {
			t.Errorf("from %v to %v: not understood", tc.from, tc.to)
		}
	}
}

func TestListFollowsARotationWhileItIsInUse(t *testing.T) {
	c := clock.New()
	k := ring(t, 'a')
	l := newList(t, c, k, nil)
	first, second := alice(c.Now()), alice(c.Now())
	first.ID, second.ID = "first", "second"
	if err := l.EndSession(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	secret := func(b byte) []byte { return bytes.Repeat([]byte{b}, seal.MinSecret) }
	// The successor is published, takes over, and the old one is withdrawn.
	for _, step := range [][][]byte{{secret('a'), secret('b')}, {secret('b'), secret('a')}} {
		if err := k.Replace(step...); err != nil {
			t.Fatal(err)
		}
		if !l.Revoked(first) {
			t.Error("what was revoked under the old secret is alive")
		}
	}
	if err := l.EndSession(t.Context(), second.ID); err != nil {
		t.Fatal(err)
	}
	if err := k.Replace(secret('b')); err != nil {
		t.Fatal(err)
	}
	if !l.Revoked(second) {
		t.Error("what was revoked while both were known is alive under the new one alone")
	}
}

func TestUnpublishedRevocationHoldsHere(t *testing.T) {
	c := clock.New()
	p := &published{err: errors.New("queue full")}
	l := newList(t, c, ring(t, 'k'), p)
	if err := l.EndSession(t.Context(), "id-1"); !errors.Is(err, p.err) {
		t.Errorf("error %v", err)
	}
	if !l.Revoked(alice(c.Now())) {
		t.Error("the session lives on here")
	}
}

// A store and a list together: the cookie that an attacker copied before the
// sign-out is dead after it, also one that the process remembers, and also when
// it was sealed again in between.
func TestReplayedCookieAfterSignOutIsDead(t *testing.T) {
	c := clock.New()
	k := ring(t, 'k')
	l := newList(t, c, k, nil)
	st, err := session.New(session.Config{
		Keyring: k, Idle: time.Hour, Lifetime: lifetime, LogoutPath: "/passkeys/logout", Revocations: l, Now: c.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	carry := func(w *httptest.ResponseRecorder) *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		for _, cookie := range w.Result().Cookies() {
			r.AddCookie(cookie)
		}
		return r
	}
	w := httptest.NewRecorder()
	if err := st.Start(w, alice(c.Now()), "id.token.raw"); err != nil {
		t.Fatal(err)
	}
	old := carry(w)
	c.Advance(10 * time.Minute)
	s, err := st.Read(old)
	if err != nil {
		t.Fatal(err)
	}
	w = httptest.NewRecorder()
	if err := st.Renew(w, s); err != nil {
		t.Fatal(err)
	}
	fresh := carry(w)
	for _, r := range []*http.Request{old, fresh, old, fresh} {
		if _, err := st.Read(r); err != nil {
			t.Fatalf("before the sign-out: %v", err)
		}
	}
	st.End(httptest.NewRecorder(), fresh)
	for _, r := range []*http.Request{old, fresh, old, fresh} {
		if s, err := st.Read(r); !errors.Is(err, session.ErrRevoked) {
			t.Errorf("after the sign-out: %+v, %v", s, err)
		}
	}
}

// BenchmarkRevoked looks up a session that nobody ended, with records of every
// kind there.
func BenchmarkRevoked(b *testing.B) {
	c := clock.New()
	l := newList(b, c, ring(b, 'k'), nil)
	for i := range 1000 {
		l.Add(bySession(fmt.Sprint(i)), c.Now(), c.Now().Add(time.Hour))
		l.Add(bySubject("iss", fmt.Sprint(i)), c.Now(), c.Now().Add(time.Hour))
		l.Add(byEmail(fmt.Sprint(i)), c.Now(), c.Now().Add(time.Hour))
		l.Add(byProviderSession("iss", fmt.Sprint(i)), c.Now(), c.Now().Add(time.Hour))
	}
	s := alice(c.Now())
	b.ReportAllocs()
	for b.Loop() {
		if l.Revoked(s) {
			b.Fatal("revoked")
		}
	}
}

func TestRecordRoundTrip(t *testing.T) {
	want := Record{Subject, Digest{1, 2, 3, 15: 16}, time.Unix(1_800_000_000, 0), time.Unix(1_800_028_800, 0)}
	raw, err := want.MarshalBinary()
	if err != nil || len(raw) != recordSize {
		t.Fatalf("%d bytes, %v", len(raw), err)
	}
	var got Record
	if err := got.UnmarshalBinary(raw); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, bad := range map[string][]byte{
		"empty": nil, "short": raw[:recordSize-1], "long": append(slices.Clone(raw), 0),
		"another version": append([]byte{2}, raw[1:]...), "no kind": append([]byte{1, 0}, raw[2:]...), "unknown kind": append([]byte{1, 5}, raw[2:]...),
		"a time past 2106": append(slices.Clone(raw[:18]), bytes.Repeat([]byte{0xff}, 16)...),
	} {
		if err := got.UnmarshalBinary(bad); !errors.Is(err, ErrRecord) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
