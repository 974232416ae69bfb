package login

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// refreshed is what became of a refresh.
type refreshed struct {
	// session is the newest that is known, nil for nothing new.
	session *session.Session
	// ended tells that the session is over.
	ended bool
	// err is why the session was not refreshed, or ended.
	err error
	// wait is how long to leave the provider alone; zero means as long as is
	// usual. everybody tells that its reason is not this session's alone.
	wait      time.Duration
	everybody bool
	// misconfigured tells that only the operator can mend it.
	misconfigured bool
}

// newer returns the newer one of s and what is known.
func (f refreshed) newer(s *session.Session) *session.Session {
	if f.session != nil && f.session.RefreshAt.After(s.RefreshAt) {
		return f.session
	}
	return s
}

// misconfiguredPause is how long a refusal rests that only an operator can mend.
const misconfiguredPause = time.Minute

// askAnew refreshes a session at the provider.
func (rp *RelyingParty) askAnew(ctx context.Context, s *session.Session) refreshed {
	md, err := rp.provider.metadata(ctx)
	if err != nil {
		return refreshed{err: err, everybody: true}
	}
	t, err := rp.refreshTokens(ctx, md, s.RefreshToken)
	if err != nil {
		return refusedRefresh(err)
	}
	if t.refresh == "" {
		t.refresh = s.RefreshToken // it stays good (RFC 6749 section 6)
	}
	next, err := rp.follow(ctx, md, s, t)
	switch {
	case err == nil:
		return refreshed{session: next}
	case uncheckable(err):
		// The old token may be gone, so the new one must be kept; of the user we
		// know what we knew.
		kept := *s
		kept.RefreshToken, kept.RefreshAt = t.refresh, rp.config.Now().Add(misconfiguredPause)
		return refreshed{session: &kept, err: err}
	}
	return refreshed{ended: true, err: err}
}

// refusedRefresh sorts an error of refreshTokens.
func refusedRefresh(err error) refreshed {
	refusal, ok := errors.AsType[*tokenError](err)
	switch {
	case !ok || refusal.status >= http.StatusInternalServerError || refusal.status < http.StatusBadRequest:
		return refreshed{err: err, everybody: true}
	case refusal.status == http.StatusTooManyRequests:
		return refreshed{err: err, everybody: true, wait: refusal.wait}
	case refusal.code == "invalid_grant":
		return refreshed{ended: true, err: err}
	}
	return refreshed{err: err, everybody: true, wait: misconfiguredPause, misconfigured: true}
}

// uncheckable tells an ID token that cannot be judged now from one that lies.
func uncheckable(err error) bool {
	return errors.Is(err, ErrKeysUnavailable) || errors.Is(err, errUnknownKey) || errors.Is(err, errClock) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// follow makes the renewed session: the same session of the same user, with what
// the new tokens say (OpenID Connect Core 1.0 section 12.2).
func (rp *RelyingParty) follow(ctx context.Context, md *metadata, s *session.Session, t *tokens) (*session.Session, error) {
	id, silent := &idToken{subject: s.Subject, claims: claimSet{}}, t.id == ""
	if !silent {
		var err error
		if id, err = rp.verifyToken(ctx, md, t); err != nil {
			return nil, err
		}
	}
	if id.subject != s.Subject || rp.provider.issuer != s.Issuer {
		return nil, errForeignToken
	}
	switch err := rp.fillIn(ctx, md, id, t); {
	case errors.Is(err, errForeignUserinfo):
		return nil, err
	case err != nil:
		silent = true
	}
	next := rp.describe(ctx, id)
	if silent {
		keepUnsaid(next, s, id.claims, rp.config.Claims)
	}
	keepSignIn(next, s)
	next.RefreshToken, next.RefreshAt = t.refresh, rp.nextRefresh(t.lifetime)
	return next, nil
}

// keepSignIn keeps what belongs to the sign-in. auth_time never moves: a refresh
// is no sign-in, and a later one would pass for a step-up that nobody made.
func keepSignIn(next, s *session.Session) {
	next.ID, next.StartedAt, next.SeenAt, next.ExpiresAt = s.ID, s.StartedAt, s.SeenAt, s.ExpiresAt
	next.AuthTime = s.AuthTime
	for _, kept := range [...]struct{ to, from *string }{
		{&next.AMR, &s.AMR}, {&next.ACR, &s.ACR}, {&next.IDP, &s.IDP}, {&next.ProviderSID, &s.ProviderSID},
	} {
		if *kept.to == "" {
			*kept.to = *kept.from
		}
	}
	if next.IDP == s.IDP {
		next.Passkey = s.Passkey
	}
}

// keepUnsaid keeps what was known where the provider said nothing, because
// userinfo did not answer or no ID token came: an outage must not take groups
// away, nor an e-mail address.
func keepUnsaid(next, s *session.Session, said claimSet, further []string) {
	if said.lacks("email") {
		next.Email, next.EmailUnverified = s.Email, s.EmailUnverified || next.EmailUnverified
	}
	for _, kept := range [...]struct {
		claim    string
		to, from *string
	}{
		{"name", &next.Name, &s.Name},
		{"preferred_username", &next.Username, &s.Username},
		{"groups", &next.Groups, &s.Groups},
	} {
		if said.lacks(kept.claim) {
			*kept.to = *kept.from
		}
	}
	for _, name := range further {
		if known := s.Further(name); said.lacks(name) && known.Value != "" {
			next.Claims = append(next.Claims, known)
		}
	}
}
