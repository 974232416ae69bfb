package login

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// refreshed is what became of a refresh.
type refreshed struct {
	// session is the newest that is known, nil for nothing new.
	session *session.Session
	// ended means that the session is over.
	ended bool
	// err is why the session was not refreshed, or ended.
	err error
	// wait is how long to leave the provider alone; zero means the usual time.
	// everybody means that no session is to be refreshed until then, because the
	// reason is not this session's alone.
	wait      time.Duration
	everybody bool
	// misconfigured means that only the operator can mend it.
	misconfigured bool
}

// newer returns the newer one of s and what is known.
func (f refreshed) newer(s *session.Session) *session.Session {
	if f.session != nil && f.session.RefreshAt.After(s.RefreshAt) {
		return f.session
	}
	return s
}

// misconfiguredPause is how long to wait after a refusal that only an operator can
// mend.
const misconfiguredPause = time.Minute

// askAgain refreshes a session at the provider.
func (rp *RelyingParty) askAgain(ctx context.Context, s *session.Session) refreshed {
	ep, err := rp.provider.Endpoints(ctx)
	if err != nil {
		return refreshed{err: err, everybody: true}
	}
	t, err := rp.refreshTokens(ctx, ep, s.RefreshToken)
	if err != nil {
		return refusedRefresh(err)
	}
	if t.refresh == "" {
		t.refresh = s.RefreshToken // it stays good (RFC 6749 section 6)
	}
	next, err := rp.follow(ctx, s, t)
	switch {
	case err == nil:
		return refreshed{session: next}
	case provider.IsUnverifiable(err):
		// The old refresh token may be used up, so the new one must be kept. The
		// rest of the session stays as it was.
		kept := *s
		kept.RefreshToken, kept.RefreshAt = t.refresh, rp.config.Now().Add(misconfiguredPause)
		return refreshed{session: &kept, err: err}
	}
	return refreshed{ended: true, err: err}
}

// refusedRefresh decides what an error of refreshTokens means for the session.
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

// follow makes the renewed session. It is the same session of the same user, with what
// the new tokens say (OpenID Connect Core 1.0 section 12.2).
func (rp *RelyingParty) follow(ctx context.Context, s *session.Session, t *tokens) (*session.Session, error) {
	id, silent := &provider.IDToken{Subject: s.Subject, Claims: claims.Set{}}, t.id == ""
	if !silent {
		var err error
		if id, err = rp.verifyToken(ctx, t); err != nil {
			return nil, err
		}
	}
	if !s.IsUser(rp.provider.Issuer(), id.Subject) {
		return nil, errForeignToken
	}
	switch err := rp.fillIn(ctx, id, t); {
	case errors.Is(err, provider.ErrOtherUser):
		return nil, err
	case err != nil:
		silent = true
	}
	next := rp.claims.SignIn(ctx, s.Issuer, id.Subject, id.Claims)
	if silent {
		keepUnsaid(next, s, id.Claims, rp.config.Claims)
	}
	keepSignIn(next, s)
	next.RefreshToken, next.RefreshAt = t.refresh, rp.nextRefresh(t.lifetime)
	return next, nil
}

// keepSignIn keeps what belongs to the sign-in. auth_time never moves. A refresh is
// no sign-in, and a later auth_time would count as a step-up that nobody made.
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

// keepUnsaid keeps what was known where the provider said nothing, because userinfo
// did not answer or no ID token came. An outage must not take away groups or an
// e-mail address.
func keepUnsaid(next, s *session.Session, said claims.Set, further []string) {
	if said.Lacks("email") {
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
		if said.Lacks(kept.claim) {
			*kept.to = *kept.from
		}
	}
	for _, name := range further {
		if known := s.Further(name); said.Lacks(name) && known.Value != "" {
			next.Claims = append(next.Claims, known)
		}
	}
}
