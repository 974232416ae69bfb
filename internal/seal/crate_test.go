package seal

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

func crated(tb testing.TB, c *Crate, plain string) string {
	tb.Helper()
	b := make([]byte, CrateRoom, CrateRoom+len(plain)+CrateTail)
	return c.Seal(append(b, plain...))
}

func TestCrate(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	clock := func() time.Time { return now }
	secret := func(letter string) []byte { return []byte(strings.Repeat(letter, MinSecret)) }
	ring, err := NewKeyring(secret("a"))
	if err != nil {
		t.Fatal(err)
	}
	made := func(k *Keyring, purpose string) *Crate {
		c, err := k.Crate(purpose, time.Minute, clock)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c, other, elsewhere := made(ring, "form.v1"), made(ring, "form.v2"), made(ring.Bind("another site"), "form.v1")
	for _, plain := range []string{"", "a", strings.Repeat("megabyte", 1<<17)} {
		sealed := crated(t, c, plain)
		if sealed == crated(t, c, plain) {
			t.Error("the same twice")
		}
		if int64(len(sealed)) > CrateSize(int64(len(plain))) {
			t.Errorf("%d bytes become %d, more than %d", len(plain), len(sealed), CrateSize(int64(len(plain))))
		}
		if got, err := c.Open([]byte(sealed)); err != nil || string(got) != plain {
			t.Errorf("%d bytes come back as %d: %v", len(plain), len(got), err)
		}
		for name, stranger := range map[string]*Crate{"purpose": other, "site": elsewhere} {
			if _, err := stranger.Open([]byte(sealed)); !errors.Is(err, ErrInvalid) {
				t.Errorf("opens for another %s: %v", name, err)
			}
		}
		for i := 0; i < len(sealed); i += max(1, len(sealed)/97) {
			forged := []byte(sealed)
			forged[i] ^= 1
			if got, err := c.Open(forged); err == nil && !bytes.Equal(got, []byte(plain)) {
				t.Errorf("changed at %d it opens", i)
			}
		}
		for _, cut := range []int{0, 10, len(sealed) / 2, len(sealed) - 1} {
			if _, err := c.Open([]byte(sealed[:cut])); !errors.Is(err, ErrInvalid) {
				t.Errorf("cut to %d: %v", cut, err)
			}
		}
	}
	sealed := crated(t, c, "x")
	if err := ring.Replace(secret("b"), secret("a")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Open([]byte(sealed)); err != nil {
		t.Errorf("by an older key: %v", err)
	}
	if newer := crated(t, c, "x"); newer[:8] == sealed[:8] {
		t.Error("the new key has the old one's name")
	}
	if err := ring.Replace(secret("b")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Open([]byte(sealed)); !errors.Is(err, ErrInvalid) {
		t.Errorf("by a withdrawn key: %v", err)
	}
	sealed = crated(t, c, "x")
	now = now.Add(time.Minute + time.Second)
	if _, err := c.Open([]byte(sealed)); !errors.Is(err, ErrInvalid) {
		t.Errorf("too old: %v", err)
	}
}

func FuzzCrate(f *testing.F) {
	ring, err := NewKeyring([]byte(strings.Repeat("k", MinSecret)))
	if err != nil {
		f.Fatal(err)
	}
	c, err := ring.Crate("fuzz.v1", time.Minute, time.Now)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(crated(f, c, "x")))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if plain, err := c.Open(sealed); err == nil && string(plain) != "x" {
			t.Errorf("%q opens as %q", sealed, plain)
		}
	})
}
