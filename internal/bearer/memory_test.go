package bearer

import (
	"crypto/rand"
	"net/http"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/memo"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

func TestVerifiedTokenIsRememberedUntilItExpires(t *testing.T) {
	s := newService(t)
	raw := "Bearer " + s.sign(s.claims(nil), nil)
	for range 5 {
		got, err := s.ask(raw)
		if err != nil {
			t.Fatal(err)
		}
		got.Subject = "changed by a caller"
	}
	if got, _ := s.ask(raw); s.asked != 1 || got.Subject != "00u1" {
		t.Errorf("checked %d times; %+v", s.asked, got)
	}
	for range 2 {
		s.wantRefused("another signature", errSignature, raw[:len(raw)-4]+"AAAA")
	}
	s.now = s.now.Add(time.Hour)
	s.wantRefused("expired", errExpired, raw)
}

// Oathkeeper's CVE-2026-33496: a cached answer counted for another audience.
func TestMemoryIsForOneIssuerAndAudience(t *testing.T) {
	seen := map[memoryKey]string{}
	for name, m := range map[string]*memory{
		"a":                newMemory("https://a", []string{"x"}),
		"other issuer":     newMemory("https://b", []string{"x"}),
		"other audience":   newMemory("https://a", []string{"y"}),
		"two audiences":    newMemory("https://a", []string{"x", "y"}),
		"the same, joined": newMemory("https://a", []string{"xy"}),
		"moved border":     newMemory("https://ax", []string{""}),
	} {
		k := m.key("token")
		if other, twice := seen[k]; twice {
			t.Errorf("%s and %s share entries", name, other)
		}
		seen[k] = name
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := newMemory("https://a", []string{"x"})
	now := time.Now()
	var keys []memoryKey
	for range 5 * memo.Size {
		keys = append(keys, m.key(rand.Text()))
		m.put(keys[len(keys)-1], &session.Session{ExpiresAt: now.Add(time.Hour)})
	}
	known := 0
	for _, k := range keys {
		if _, ok := m.get(k, now); ok {
			known++
		}
	}
	if known < memo.Size/2 || known > memo.Size {
		t.Errorf("%d of %d tokens are remembered", known, len(keys))
	}
}

func BenchmarkRememberedToken(b *testing.B) {
	s := newService(b)
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "https://app.example.com/orders", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.sign(s.claims(nil), nil))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Identify(r); err != nil {
			b.Fatal(err)
		}
	}
}
