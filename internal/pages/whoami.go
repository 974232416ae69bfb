package pages

import (
	"net/http"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/answer"
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
	// EndsAt is when the session ends unless it is used, at most ExpiresAt, and Now
	// the server's clock, for browsers whose own is wrong.
	EndsAt int64 `json:"ends_at,omitempty"`
	Now    int64 `json:"now"`
}

// Renewer slides a session's idle time; *session.Store is one.
type Renewer interface {
	Renew(w http.ResponseWriter, s *session.Session) error
	Ends(s *session.Session) time.Time
}

// Renew counts as a use of the session and answers as Session does: POST
// <base>/session, by a page of the site.
func (p *Pages) Renew(w http.ResponseWriter, r *http.Request, s *session.Session, sessions Renewer) error {
	if err := p.origins.FromOwnPage(r); err != nil {
		return refuse(http.StatusForbidden, "cross_origin", "This request came from another site.", err)
	}
	if err := p.needSession(s, "/"); err != nil {
		return err
	}
	if err := sessions.Renew(w, s); err != nil {
		return err
	}
	return p.Session(w, r, s, sessions.Ends(s))
}

// Session tells a program who is signed in, never a token: GET <base>/session.
// ends is when the session ends unless it is used.
func (p *Pages) Session(w http.ResponseWriter, r *http.Request, s *session.Session, ends time.Time) error {
	if err := p.needSession(s, "/"); err != nil {
		return err
	}
	return answer.JSON(w, r, http.StatusOK, whoami{
		Issuer: s.Issuer, Subject: s.Subject, Email: s.Email, Name: s.Name, Username: s.Username,
		Groups: session.SplitList(s.Groups), AMR: strings.Fields(s.AMR), ACR: s.ACR, IDP: s.IDP, Passkey: s.Passkey,
		AuthTime: seconds(s.AuthTime), StartedAt: seconds(s.StartedAt), ExpiresAt: seconds(s.ExpiresAt),
		EndsAt: seconds(ends), Now: seconds(p.now()),
	})
}

// seconds is the Unix time, and 0 for no time.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
