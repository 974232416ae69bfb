package corbado

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
)

// authorizations lists the Authorization headers that open the Backend API:
// Basic with project id and API secret, Bearer with a Backend API key
// (Corbado: API reference, authentication). They are kept as hashes, which makes
// them equally long to compare.
func authorizations(cfg Config) [][sha256.Size]byte {
	basic := base64.StdEncoding.EncodeToString([]byte(cfg.ProjectID + ":" + cfg.APISecret))
	list := [][sha256.Size]byte{sha256.Sum256([]byte("Basic " + basic))}
	for _, key := range cfg.APIKeys {
		list = append(list, sha256.Sum256([]byte("Bearer "+key)))
	}
	return list
}

// authorized says whether r may use the Backend API. The scheme's case does not
// matter (RFC 9110 section 11.1).
func (s *Server) authorized(r *http.Request) bool {
	scheme, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case strings.EqualFold(scheme, "Basic"):
		scheme = "Basic"
	case strings.EqualFold(scheme, "Bearer"):
		scheme = "Bearer"
	default:
		return false
	}
	got := sha256.Sum256([]byte(scheme + " " + credentials))
	ok := 0
	for _, want := range s.keys {
		ok |= subtle.ConstantTimeCompare(got[:], want[:])
	}
	return ok == 1
}
