package passkeys

import (
	"net/http"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// whoami is the answer to "who am I?". It names its fields: a new field of the
// session, which might be a secret, stays out unless somebody puts it here.
type whoami struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Email    string   `json:"email,omitempty"`
	Name     string   `json:"name,omitempty"`
	Username string   `json:"preferred_username,omitempty"`
	Groups   []string `json:"groups"`
	AMR      []string `json:"amr,omitempty"`
	ACR      string   `json:"acr,omitempty"`
	IDP      string   `json:"idp,omitempty"`
	// Passkey tells that this sign-in was made with a passkey.
	Passkey bool `json:"passkey,omitempty"`
	// Times are in Unix seconds, as in an ID token.
	AuthTime  int64 `json:"auth_time,omitempty"`
	StartedAt int64 `json:"started_at,omitempty"`
	ExpiresAt int64 `json:"expires_at,omitempty"`
}

// Session tells a program who is signed in, never a token: GET <base>/session.
func (p *Pages) Session(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	if err := p.needSession(s, "/"); err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, whoami{
		Issuer: s.Issuer, Subject: s.Subject, Email: s.Email, Name: s.Name, Username: s.Username,
		Groups: session.SplitList(s.Groups), AMR: strings.Fields(s.AMR), ACR: s.ACR, IDP: s.IDP, Passkey: s.Passkey,
		AuthTime: seconds(s.AuthTime), StartedAt: seconds(s.StartedAt), ExpiresAt: seconds(s.ExpiresAt),
	})
}

// seconds is the Unix time, and 0 for no time.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
