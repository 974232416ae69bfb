package pages

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// maxUsers is how many users one browser's memory holds; a household, not a
// kiosk.
const maxUsers = 4

// key tells users apart without naming them.
type key [8]byte

// userKey is short for issuer and subject, by which users are known.
func userKey(s *session.Session) key {
	sum := sha256.Sum256([]byte(s.Issuer + "\x00" + s.Subject))
	return key(sum[:8])
}

// String returns the key in base64url.
func (k key) String() string { return base64.RawURLEncoding.EncodeToString(k[:]) }

// memory is a sealed cookie that says which users of this browser are not to be
// offered a passkey before when. It is sent to our own routes only.
type memory struct {
	cookie *seal.Cookie
	// former is its name of before the first release, spelled "enrol": read until the browser has the
	// new one, so that nobody is asked again because of an upgrade.
	former *seal.Cookie
	now    func() time.Time
}

func newMemory(keys *seal.Keyring, base string, insecure bool, now func() time.Time) (memory, error) {
	box, err := keys.Box("enrol.v1", restComplete, now)
	if err != nil {
		return memory{}, err
	}
	named := func(short string) *seal.Cookie {
		return seal.NewCookie(box, seal.Attributes{Short: short, Path: base, Insecure: insecure, MaxAge: restComplete})
	}
	return memory{named("enroll"), named("enrol"), now}, nil
}

// entry is a user and the Unix second until which the offer rests.
type entry struct {
	user  key
	until uint64
}

const entrySize = len(key{}) + 8

// read returns what is remembered and not over yet, the newest first. A cookie
// that is not ours counts as none.
func (m memory) read(r *http.Request) []entry {
	plain, err := m.cookie.Read(r)
	if err != nil {
		plain, err = m.former.Read(r)
	}
	if err != nil || len(plain)%entrySize != 0 || len(plain) > maxUsers*entrySize {
		return nil
	}
	var entries []entry
	now := uint64(m.now().Unix()) //nolint:gosec // the clock is past 1970
	for ; len(plain) > 0; plain = plain[entrySize:] {
		e := entry{key(plain[:8]), binary.BigEndian.Uint64(plain[8:])}
		if e.until > now {
			entries = append(entries, e)
		}
	}
	return entries
}

// resting reports whether the user is not to be offered a passkey now.
func (m memory) resting(r *http.Request, user key) bool {
	for _, e := range m.read(r) {
		if e.user == user {
			return true
		}
	}
	return false
}

// rest remembers not to offer the user a passkey for so long. The user whose
// offer was answered longest ago makes room.
func (m memory) rest(w http.ResponseWriter, r *http.Request, user key, d time.Duration) error {
	entries := []entry{}
	if d > 0 {
		until := uint64(m.now().Add(d).Unix()) //nolint:gosec // the clock is past 1970
		entries = append(entries, entry{user, until})
	}
	for _, e := range m.read(r) {
		if e.user != user && len(entries) < maxUsers {
			entries = append(entries, e)
		}
	}
	m.former.Clear(w, r)
	if len(entries) == 0 {
		m.cookie.Clear(w, r)
		return nil
	}
	plain := make([]byte, 0, maxUsers*entrySize)
	for _, e := range entries {
		plain = append(plain, e.user[:]...)
		plain = binary.BigEndian.AppendUint64(plain, e.until)
	}
	return m.cookie.Write(w, plain)
}
