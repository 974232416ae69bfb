package login

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

const (
	// logoutPatience is how long a person who signs out waits for the provider:
	// for metadata that nobody has asked for yet, and for its answer about the
	// refresh token.
	logoutPatience = 2 * time.Second
	// maxLogoutURL bounds the address that the browser is sent to, in bytes. Servers
	// answer 414 beyond 8 kB, and a sign-out must not end on an error page.
	maxLogoutURL = 8000
)

// Logout serves POST <base>/logout. The caller has checked that the request comes from
// this site. First and in any case the session here ends, idle or not. Its refresh token
// is revoked at Okta. Then the browser goes on to end the session at Okta (OpenID Connect
// RP-Initiated Logout 1.0), even where the one here is over already. It goes to
// <base>/signed-out instead where there is no ID token, no such endpoint or no answer
// from Okta. The one problem is unknown_host.
func (rp *RelyingParty) Logout(w http.ResponseWriter, r *http.Request) error {
	s, hint := rp.sessions.Standing(r), rp.sessions.IDToken(r)
	rp.sessions.End(w, r)
	// Whoever signs out has had a session, so this was no loop.
	rp.loop.reset(w, r)
	ctx, cancel := context.WithTimeout(r.Context(), rp.logoutPatience)
	defer cancel()
	sub := subjectOf(hint)
	if s != nil {
		sub = s.Subject
	}
	rp.noteSignOut(r.Context(), s, sub)
	revoked := rp.revokeRefreshToken(s) //nolint:contextcheck // it may outlive the request
	o, err := rp.originOf(r)
	if err != nil {
		return err
	}
	signedOut := rp.config.BasePath + route.SignedOut
	if s != nil && hint == "" {
		rp.log.WarnContext(ctx, "signed out here only", slog.String("reason", "no ID token of this session came along"))
	}
	target := rp.endSessionURL(ctx, hint, o.String()+signedOut)
	if target == "" {
		target = signedOut
	}
	select {
	case <-revoked:
	case <-ctx.Done(): // it goes on without the person
	}
	// The pages of the user who leaves must not come back by the Back button. The page
	// at the end says so too, but an identity provider may not lead there.
	w.Header().Set("Clear-Site-Data", `"cache"`)
	redirect(w, http.StatusSeeOther, target)
	return nil
}

// noteSignOut writes the audit line, and tells of the sign-out. A sign-out without a user gets one too, at a
// limited rate, since strangers can cause it.
func (rp *RelyingParty) noteSignOut(ctx context.Context, s *session.Session, sub string) {
	const msg = "signed out"
	if s == nil {
		s = moment.Of(rp.provider.Issuer(), sub)
	}
	rp.config.Moments.Tell(ctx, moment.Moment{Kind: moment.SignedOut, Session: s})
	if sub == "" {
		rp.quiet.LogAttrs(ctx, slog.LevelInfo, msg, "")
		return
	}
	rp.log.InfoContext(ctx, msg, slog.String("sub", sub))
}

// endSessionURL returns where to end the session at Okta, "" if that cannot be
// done. The address to come back to is made of the configured origin only.
func (rp *RelyingParty) endSessionURL(ctx context.Context, hint, comeBack string) string {
	if hint == "" {
		return ""
	}
	ep, err := rp.provider.Endpoints(ctx)
	if err != nil {
		rp.log.WarnContext(ctx, "signed out here only", slog.String("reason", "identity provider not available"))
		return ""
	}
	if ep.EndSession == "" {
		rp.log.WarnContext(ctx, "signed out here only", slog.String("reason", "the identity provider's metadata has no end_session_endpoint"))
		return ""
	}
	u, err := url.Parse(ep.EndSession)
	if err != nil {
		return "" // never: provider has checked it
	}
	q := u.Query()
	q.Set("id_token_hint", hint)
	q.Set("post_logout_redirect_uri", comeBack)
	q.Set("client_id", rp.config.ClientID)
	u.RawQuery = q.Encode()
	target := u.String()
	if len(target) > maxLogoutURL {
		rp.log.WarnContext(ctx, "signed out here only", slog.String("reason", "ID token too long for an address"))
		return ""
	}
	return target
}

// subjectOf reads the sub of our own copy of an ID token, for the audit line.
func subjectOf(idToken string) string {
	_, said, err := claims.Unverified(idToken)
	if err != nil {
		return ""
	}
	sub, _ := said.Text("sub", claims.MaxText)
	return sub
}
