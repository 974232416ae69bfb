package org

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
)

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// NewID makes an Okta object id: a prefix of three characters (00u user, 00o
// org, 00g group, 0oa app or identity provider) and 17 random ones.
func NewID(prefix string) string {
	id := make([]byte, 0, len(prefix)+17)
	id = append(id, prefix...)
	top := big.NewInt(int64(len(alphanumeric)))
	for range 17 {
		n, err := rand.Int(rand.Reader, top)
		if err != nil {
			panic("okta emulator: no randomness: " + err.Error())
		}
		id = append(id, alphanumeric[n.Int64()])
	}
	return string(id)
}

// RandomToken makes an unguessable value of 256 bits in base64url.
func RandomToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Fingerprint names a secret in maps and logs without being it.
func Fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
