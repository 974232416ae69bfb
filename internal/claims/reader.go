package claims

import (
	"context"
	"log/slog"
	"slices"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// emailVerified says whether the provider has proof of the e-mail address (OpenID
// Connect Core 1.0 section 5.1).
const emailVerified = "email_verified"

// Selection is what of a user's claims a session holds beside the standard ones.
type Selection struct {
	// Groups are the groups to hold; the zero value means all, as far as they fit.
	Groups Groups
	// Further are the names of further claims.
	Further []string
	// PasskeyIDP is the id, at Okta, of the identity provider by which passkeys
	// sign in: sessions that it vouches for are marked. "" means none.
	PasskeyIDP string
}

// Reader turns claims into sessions. It is safe for concurrent use.
type Reader struct {
	selection Selection
	log       *slog.Logger
}

// NewReader makes a Reader. The log is told of each claim that is left out.
func NewReader(s Selection, log *slog.Logger) *Reader { return &Reader{selection: s, log: log} }

// SignIn makes a session of the verified claims of a sign-in here. The session has
// neither an ID nor an end yet. An auth_time that is not a time counts as not said;
// whoever verifies an ID token refuses one.
func (r *Reader) SignIn(ctx context.Context, issuer, subject string, s Set) *session.Session {
	at, _ := s.AuthTime()
	c := careful{claims: s, drop: func(claim, reason string) {
		r.log.WarnContext(ctx, "claim left out", slog.String("claim", claim), slog.String("reason", reason))
	}}
	made := &session.Session{
		Issuer:          issuer,
		Subject:         subject,
		Email:           c.email(),
		EmailUnverified: s.doubts(emailVerified),
		Name:            c.line("name"),
		Username:        c.line("preferred_username"),
		Groups:          c.groups(r.selection.Groups),
		AMR:             c.methods(),
		ACR:             c.line("acr"),
		IDP:             c.line("idp"),
		ProviderSID:     c.line("sid"),
		AuthTime:        at,
	}
	made.Passkey = made.IDP != "" && made.IDP == r.selection.PasskeyIDP
	for _, name := range r.selection.Further {
		if session.Standard(name) {
			continue
		}
		if claim := c.headerReady(name); claim.Value != "" {
			made.Claims = append(made.Claims, claim)
		}
	}
	return made
}

// Describe makes an identity of the claims of a verified token that is not the ID
// token of a sign-in here, with the same limits. It is no session: it has no ID and
// no end. The error says that the subject or auth_time cannot be used.
func (r *Reader) Describe(ctx context.Context, issuer, subject string, s Set) (*session.Session, error) {
	if err := CheckSubject(subject); err != nil {
		return nil, err
	}
	if _, err := s.AuthTime(); err != nil {
		return nil, err
	}
	made := r.SignIn(ctx, issuer, subject, s)
	// Who signed the user in for another client, and in which session at the
	// provider, says nothing about a sign-in here.
	made.Passkey, made.ProviderSID = false, ""
	return made, nil
}

// Wanted lists the claims that are worth a call to the userinfo endpoint when the
// ID token lacks them: those that the scopes promise (OpenID Connect Core 1.0
// section 5.4; groups is Okta's) and those that the selection names.
func (r *Reader) Wanted(scopes []string) []string {
	var wanted []string
	for _, scope := range scopes {
		switch scope {
		case "email":
			wanted = append(wanted, "email")
		case "profile":
			wanted = append(wanted, "name", "preferred_username")
		case "groups":
			wanted = append(wanted, "groups")
		}
	}
	for _, name := range r.selection.Further {
		if !slices.Contains(wanted, name) && !ofSignIn(name) {
			wanted = append(wanted, name)
		}
	}
	return wanted
}

// Complete takes what the ID token lacks of the wanted claims from a userinfo
// answer about the same user.
func Complete(idToken, userinfo Set, wanted []string) {
	idToken.fill(userinfo, append(slices.Clip(wanted), "groups", emailVerified))
}

// ofSignIn reports whether a claim is about this sign-in, and so is in the ID token
// or nowhere.
func ofSignIn(claim string) bool {
	switch claim {
	case "sub", "iss", "sid", "amr", "acr", "idp", "passkey", "auth_time":
		return true
	}
	return false
}
