package caddymodule

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/passkey-sidecar/passkey-sidecar/internal/bearer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
)

// Bearer lets programs use the app with an access token in place of a session:
// `Authorization: Bearer` and a JWT that `issuer` signed for one of the audiences
// and that has not expired.
//
// The app is told who that is, as for a session, and gets the token too. A
// WebSocket or event stream ends with its token. An invalid token gets 401; on
// public paths it counts as no token. A live session wins over a token. The
// sidecar's own pages and connect tokens need a session.
type Bearer struct {
	// The issuer exactly as the tokens name it. Default: that of `okta`, which
	// must then be a custom authorization server: the access tokens of Okta's org
	// server are for Okta alone.
	Issuer string `json:"issuer,omitempty"`
	// Names of this site's API. A token must name one of them, letter for letter.
	// Required. At Okta the name is the authorization server's audience, like `api://default`. It
	// is never the client ID, because ID tokens are for that.
	Audiences []string `json:"audiences,omitempty"`
}

func (b *Bearer) settings() settings {
	return settings{"issuer": text(&b.Issuer), "audience": texts(&b.Audiences)}
}

// missing names a required setting that is not there.
func (b *Bearer) missing() string {
	if b == nil || len(b.Audiences) > 0 {
		return ""
	}
	return "bearer needs audience, the name of this site's API in its tokens, like api://orders"
}

func (p *Passkeys) parseBearer(d *caddyfile.Dispenser) error {
	p.Bearer = new(Bearer)
	return block("bearer", p.Bearer.settings(), p.Bearer.missing)(d)
}

// resolve returns which tokens count at a site; nil is none.
func (b *Bearer) resolve(ctx context.Context, rv resolver, site oktaValues) (c bearer.Config, err error) {
	if b == nil {
		return c, nil
	}
	if missing := b.missing(); missing != "" {
		return c, errors.New(missing)
	}
	if c.Issuer = site.issuer; b.Issuer != "" {
		if c.Issuer, err = rv.issuer(ctx, "bearer issuer", b.Issuer); err != nil {
			return c, err
		}
	}
	c.ClientID = site.login.ClientID
	c.Audiences, err = rv.texts("bearer audience", b.Audiences)
	return c, err
}

// buildBearer makes the room.
func (p *Passkeys) buildBearer(v values) error {
	if p.Bearer == nil {
		return nil
	}
	keys, err := p.keysOf(v.bearer.Issuer)
	if err != nil {
		return err
	}
	v.bearer.Revoked = p.ended.Revoked
	p.bearer, err = bearer.New(v.bearer, keys, claims.NewReader(claims.Selection{Groups: v.groups, Further: v.claims}, p.log), p.log)
	return err
}

// refuseBearer answers a token that is not valid: always JSON, and never a
// redirect, which a program would follow in circles.
func (p *Passkeys) refuseBearer(w http.ResponseWriter, r *http.Request, err error) error {
	if pr, ok := errors.AsType[*problem.Problem](err); ok && pr.Code == bearer.CodeInvalid {
		w.Header().Set("WWW-Authenticate", bearer.Challenge)
		p.hear(r.Context(), moment.Moment{Kind: moment.BearerRefused, Cause: pr.Code})
		p.quiet.LogAttrs(r.Context(), slog.LevelInfo, "bearer token refused", pr.Detail,
			slog.Any("reason", pr.Err), slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("client_ip", clientIP(r)))
	}
	return p.answerWith(p.pages.ProblemJSON, w, r, err)
}
