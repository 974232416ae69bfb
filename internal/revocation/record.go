package revocation

import (
	"encoding/binary"
	"errors"
	"time"
)

// Kind says what a record names its sessions by.
type Kind uint8

// The kinds. Their numbers are stored and exchanged: never change them.
const (
	// SessionID names one session here. It is revoked whatever the cutoff.
	SessionID Kind = 1
	// ProviderSession names the sessions that came from one session at the
	// identity provider: its issuer and the ID token's sid.
	ProviderSession Kind = 2
	// Subject names all sessions of a user: issuer and sub.
	Subject Kind = 3
	// Email names all sessions of a user by address.
	Email Kind = 4

	kinds = int(Email)
)

func (k Kind) known() bool { return k >= SessionID && k <= Email }

// Digest is the first 128 bits of a keyed hash (HMAC with SHA-256) of what a
// record names.
type Digest [16]byte

// Record tells that sessions ended before their time. It is what replicas
// exchange.
type Record struct {
	Kind   Kind
	Digest Digest
	// Cutoff, in whole seconds: a session that began at or before it is revoked.
	Cutoff time.Time
	// Expires is when the last session that it could concern is over, and with it
	// the record.
	Expires time.Time
}

// recordVersion is the first byte of an encoded record.
const recordVersion = 1

const recordSize = 2 + len(Digest{}) + 2*8

// ErrRecord is what decoding returns for bytes that are no record of this
// version.
var ErrRecord = errors.New("not a revocation record of this version")

// MarshalBinary returns the record as 34 bytes. It never fails.
func (r Record) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, recordSize)
	b = append(b, recordVersion, byte(r.Kind))
	b = append(b, r.Digest[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(seconds(r.Cutoff)))
	return binary.BigEndian.AppendUint64(b, uint64(seconds(r.Expires))), nil
}

// UnmarshalBinary reads what MarshalBinary wrote, or returns ErrRecord.
func (r *Record) UnmarshalBinary(b []byte) error {
	if len(b) != recordSize || b[0] != recordVersion || !Kind(b[1]).known() {
		return ErrRecord
	}
	cutoff, expires := binary.BigEndian.Uint64(b[18:]), binary.BigEndian.Uint64(b[26:])
	if cutoff > maxSeconds || expires > maxSeconds {
		return ErrRecord
	}
	r.Kind = Kind(b[1])
	copy(r.Digest[:], b[2:])
	r.Cutoff, r.Expires = time.Unix(int64(cutoff), 0), time.Unix(int64(expires), 0)
	return nil
}

// maxSeconds is the year 2106, up to which four bytes reach.
const maxSeconds = 1<<32 - 1

// seconds is the time as it is kept: whole seconds since 1970 in four bytes.
func seconds(t time.Time) uint32 {
	return uint32(min(max(t.Unix(), 0), maxSeconds))
}
