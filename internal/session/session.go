// Package session knows who the user is, from a sealed cookie that holds what every
// request needs. So a request costs no round trip, and nobody but us can read or make a
// session.
package session

import (
	"cmp"
	"strings"
	"time"
)

// Session is a signed-in user, as Okta described them at sign-in. Users are
// keyed by Issuer and Subject together; e-mail and name may change.
type Session struct {
	// ID is 128 random bits, new at each sign-in.
	ID string
	// Issuer and Subject are the ID token's iss and sub claims.
	Issuer  string
	Subject string
	// Email, Name and Username are the claims email, name and
	// preferred_username; each may be empty.
	Email    string
	Name     string
	Username string
	// Groups is the groups claim as GroupsHeader joins it.
	Groups string
	// AMR is the amr claim, space-separated; ACR and IDP are the claims acr and
	// idp (Okta's id of the identity provider that signed the user in).
	AMR string
	ACR string
	IDP string
	// Passkey tells that the identity provider configured as the passkeys' own
	// signed the user in. It is ours, never a claim that a provider sent.
	Passkey bool
	// EmailUnverified tells that the provider does not say the address is proved:
	// email_verified is there and not true. A provider that says nothing leaves it
	// false.
	EmailUnverified bool
	// Claims are further claims that the identity setting asks for.
	Claims []Claim
	// ProviderSID is the ID token's sid claim, the provider's own name for its
	// session, by which it tells us of a sign-out; empty when it has none.
	ProviderSID string
	// RefreshToken is empty without the scope offline_access.
	RefreshToken string
	// AuthTime is when the user last proved who they are; zero when Okta did
	// not say.
	AuthTime time.Time
	// RefreshAt is when what is known of the user is to be asked again with the
	// refresh token; zero without one.
	RefreshAt time.Time
	// StartedAt is when the session began here, SeenAt when its cookie was last
	// sealed, ExpiresAt when it ends whatever happens.
	StartedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// IsUser reports whether the session is that user's. Users are known by issuer and
// subject together.
func (s *Session) IsUser(issuer, subject string) bool {
	return s.Issuer == issuer && s.Subject == subject
}

// DisplayName is how a page or a passkey provider names the user: by e-mail
// address, username, name or, where none of these is known, subject.
func (s *Session) DisplayName() string { return cmp.Or(s.Email, s.Username, s.Name, s.Subject) }

// VerifiedEmail returns the e-mail address, and "" for one that the provider
// doubts.
func (s *Session) VerifiedEmail() string {
	if s.EmailUnverified {
		return ""
	}
	return s.Email
}

// Claim is one claim by name, its value ready for a header: the percent sign is
// escaped, and in lists what JoinList escapes.
type Claim struct {
	Name, Value string
	// Text tells that the commas in Value are one text's own and part no list.
	Text bool
}

// Values undoes the escaping: one text, or those of a list.
func (c Claim) Values() []string {
	if c.Text {
		return []string{unescape.Replace(c.Value)}
	}
	return SplitList(c.Value)
}

// Further returns a claim that a session holds only on request, and a Claim
// without a value where it does not hold it.
func (s *Session) Further(name string) Claim {
	for _, c := range s.Claims {
		if c.Name == name {
			return c
		}
	}
	return Claim{Name: name}
}

// Claim returns the value of a claim by its OpenID Connect name, and "" for a
// claim that the session does not hold. Two names are ours: "passkey" is "true"
// after a sign-in by passkey, and "sid" is the ID of the session here.
func (s *Session) Claim(name string) string {
	switch name {
	case "sub":
		return s.Subject
	case "iss":
		return s.Issuer
	case "email":
		return s.Email
	case "name":
		return s.Name
	case "preferred_username":
		return s.Username
	case "groups":
		return s.Groups
	case "amr":
		return s.AMR
	case "acr":
		return s.ACR
	case "idp":
		return s.IDP
	case "passkey":
		if s.Passkey {
			return "true"
		}
		return ""
	case "sid":
		return s.ID
	}
	return s.Further(name).Value
}

// Standard reports whether every session holds the claim without being asked.
func Standard(claim string) bool {
	switch claim {
	case "sub", "iss", "email", "name", "preferred_username", "groups", "amr", "acr", "idp", "passkey", "sid":
		return true
	}
	return false
}

var (
	escape   = strings.NewReplacer("%", "%25", ",", "%2C")
	unescape = strings.NewReplacer("%2C", ",", "%25", "%", "%20", " ")
)

// JoinList joins the values of a list claim to one string for a header: commas
// between, and %2C and %25 for a comma or percent sign inside a value. A space at
// the edge of a value becomes %20: whoever splits a list trims.
func JoinList(values []string) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		plain := strings.TrimLeft(v, " ")
		b.WriteString(strings.Repeat("%20", len(v)-len(plain)))
		inner := strings.TrimRight(plain, " ")
		_, _ = escape.WriteString(&b, inner)
		b.WriteString(strings.Repeat("%20", len(plain)-len(inner)))
	}
	return b.String()
}

// SplitList undoes JoinList.
func SplitList(joined string) []string {
	if joined == "" {
		return []string{}
	}
	values := strings.Split(joined, ",")
	for i, v := range values {
		values[i] = unescape.Replace(v)
	}
	return values
}
