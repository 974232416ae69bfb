package assertion

import (
	"slices"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

const (
	claimGroups = "groups"
	// claimOmitted is true where the groups were left out.
	claimOmitted = "groups_omitted"
)

// standard are the claims that an assertion carries by default, if the session
// has them. "email" brings email_verified false along where the provider says
// so.
var standard = []string{"email", "name", "preferred_username", claimGroups, "amr", "acr", "idp", "passkey", "auth_time", "sid"}

// carried reports whether an assertion carries a claim without asking the session
// for it by name.
func carried(claim string) bool { return claim == "sub" || slices.Contains(standard, claim) }

// reserved are the claims that nobody else may set.
func reserved(claim string) bool {
	switch claim {
	case "iss", "aud", "exp", "iat", "nbf", "jti", "email_verified", claimOmitted:
		return true
	}
	return false
}

// Further returns those of the names of claims that a session holds only on
// request.
func Further(claims []string) []string {
	var further []string
	for _, name := range claims {
		if !carried(name) {
			further = append(further, name)
		}
	}
	return further
}

// facts are what an assertion says of a session, comparable: an assertion is
// used again for the same facts only, so that no refreshed or withdrawn claim
// lives on in it. The strings of a remembered session are the same ones at each
// request, which makes the comparison cheap.
type facts struct {
	id, sub, email, name, username, groups, amr, acr, idp string
	passkey, unverified                                   bool
	authTime, expires                                     int64
}

func factsOf(s *session.Session) facts {
	return facts{
		s.ID, s.Subject, s.Email, s.Name, s.Username, s.Groups, s.AMR, s.ACR, s.IDP,
		s.Passkey, s.EmailUnverified, seconds(s.AuthTime), seconds(s.ExpiresAt),
	}
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// claims are the token's. Empty ones are left out. There is no jti: one
// assertion comes with many requests.
func (s *Signer) claims(e *entry, from, until time.Time) map[string]any {
	f := e.facts
	all := map[string]any{
		"iss": s.config.Issuer, "aud": s.config.Audience, "sub": f.sub,
		"iat": from.Unix(), "exp": max(until.Unix(), from.Unix()+1),
	}
	put := func(name string, value any, present bool) {
		if present && (s.config.Claims == nil || slices.Contains(s.config.Claims, name)) {
			all[name] = value
		}
	}
	put("email", f.email, f.email != "")
	if f.unverified && all["email"] != nil {
		all["email_verified"] = false
	}
	put("name", f.name, f.name != "")
	put("preferred_username", f.username, f.username != "")
	put(claimGroups, session.SplitList(f.groups), f.groups != "")
	put("amr", strings.Fields(f.amr), f.amr != "")
	put("acr", f.acr, f.acr != "")
	put("idp", f.idp, f.idp != "")
	put("passkey", true, f.passkey)
	put("auth_time", f.authTime, f.authTime != 0)
	put("sid", f.id, f.id != "")
	for _, c := range e.further {
		put(c.Name, c.Values(), c.Value != "")
	}
	return all
}
