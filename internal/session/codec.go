package session

import (
	"encoding/binary"
	"errors"
	"time"
)

// purpose names what the session cookie is for and the version of its layout.
// Change the version with the layout: old cookies then count as no session.
const purpose = "session.v4"

var errLayout = errors.New("not a session of this layout")

// maxClaims bounds what decode allocates. It was authenticated, so this guards
// against our own mistakes only.
const maxClaims = 64

// MarshalBinary implements encoding.BinaryMarshaler with the layout of the
// cookie, for whoever hands a session on to another replica. It holds the
// refresh token, so it must be sealed before it leaves the process.
func (s *Session) MarshalBinary() ([]byte, error) { return encode(s), nil }

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (s *Session) UnmarshalBinary(plain []byte) error {
	read, err := decode(plain)
	if err != nil {
		return err
	}
	*s = *read
	return nil
}

// encode writes the session as length-prefixed strings and unsigned varints.
func encode(s *Session) []byte {
	b := make([]byte, 0, 512)
	for _, f := range s.fields() {
		b = appendString(b, *f)
	}
	for _, t := range s.times() {
		b = appendTime(b, *t)
	}
	b = appendBool(appendBool(b, s.Passkey), s.EmailUnverified)
	b = binary.AppendUvarint(b, uint64(len(s.Claims)))
	for _, c := range s.Claims {
		b = appendBool(appendString(appendString(b, c.Name), c.Value), c.Text)
	}
	return b
}

// decode reads what encode wrote. The strings share one allocation.
func decode(plain []byte) (*Session, error) {
	s := new(Session)
	d := decoder{rest: string(plain), ok: true}
	for _, f := range s.fields() {
		*f = d.string()
	}
	for _, t := range s.times() {
		*t = d.time()
	}
	s.Passkey, s.EmailUnverified = d.bool(), d.bool()
	n := d.uvarint()
	if n > maxClaims {
		return nil, errLayout
	}
	if n > 0 {
		s.Claims = make([]Claim, n)
	}
	for i := range s.Claims {
		s.Claims[i] = Claim{Name: d.string(), Value: d.string(), Text: d.bool()}
	}
	if !d.ok || d.rest != "" {
		return nil, errLayout
	}
	return s, nil
}

// fields lists the strings in the order of the layout.
func (s *Session) fields() [12]*string {
	return [...]*string{
		&s.ID, &s.Issuer, &s.Subject, &s.Email, &s.Name, &s.Username, &s.Groups, &s.AMR, &s.ACR, &s.IDP, &s.ProviderSID, &s.RefreshToken,
	}
}

// times lists the times in the order of the layout.
func (s *Session) times() [5]*time.Time {
	return [...]*time.Time{&s.AuthTime, &s.RefreshAt, &s.StartedAt, &s.SeenAt, &s.ExpiresAt}
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendTime writes whole seconds since 1970; the zero time is 0.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() || t.Unix() < 0 {
		return binary.AppendUvarint(b, 0)
	}
	return binary.AppendUvarint(b, uint64(t.Unix())) //nolint:gosec // not negative, see above
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

type decoder struct {
	rest string
	ok   bool
}

func (d *decoder) uvarint() uint64 {
	var v uint64
	for i := 0; i < len(d.rest) && i < binary.MaxVarintLen64; i++ {
		c := d.rest[i]
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.rest = d.rest[i+1:]
			return v
		}
	}
	d.ok = false
	d.rest = ""
	return 0
}

func (d *decoder) string() string {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.ok = false
		d.rest = ""
		return ""
	}
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

func (d *decoder) time() time.Time {
	if v := d.uvarint(); v != 0 {
		return time.Unix(int64(v), 0) //nolint:gosec // a sum of seconds that we wrote
	}
	return time.Time{}
}

func (d *decoder) bool() bool {
	v := d.uvarint()
	d.ok = d.ok && v <= 1
	return v == 1
}
