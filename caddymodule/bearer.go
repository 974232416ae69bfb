package caddymodule

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/passkey-sidecar/passkey-sidecar/internal/bearer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
)

// Bearer lets programs use the app with an access token in place of a session:
// `Authorization: Bearer`, a JWT that `issuer` signed for one of the audiences
// and that has not expired. The app is told who that is as for a session, and
// gets the token too. A WebSocket or event stream ends with its token. A token that does not hold is answered 401, on public paths
// it is nobody's. A live session wins over a token. The sidecar's own pages and
// connect tokens need a session.
type Bearer struct {
	// The issuer exactly as the tokens name it. Default: that of `okta`, which
	// must then be a custom authorization server: the access tokens of Okta's org
	// server are for Okta alone.
	Issuer string `json:"issuer,omitempty"`
	// Names of this site's API; a token must be for one of them, exactly. At Okta
	// that is the authorization server's audience, like `api://default`; never
	// the client ID, which ID tokens are for. Required.
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

func (p *Passkeys) bearerValues(ctx context.Context, rv resolver, v *values) (err error) {
	if p.Bearer == nil {
		return nil
	}
	if missing := p.Bearer.missing(); missing != "" {
		return errors.New(missing)
	}
	if v.bearer.Issuer = v.issuer; p.Bearer.Issuer != "" {
		if v.bearer.Issuer, err = rv.issuer(ctx, "bearer issuer", p.Bearer.Issuer); err != nil {
			return err
		}
	}
	v.bearer.ClientID = v.login.ClientID
	v.bearer.Audiences, err = rv.texts("bearer audience", p.Bearer.Audiences)
	return err
}

// buildBearer makes the room. The keys of an issuer other than that of the
// sign-ins are held apart.
func (p *Passkeys) buildBearer(v values) (err error) {
	if p.Bearer == nil {
		return nil
	}
	keys := p.held.provider
	if v.bearer.Issuer != v.issuer {
		if p.bearerOf, err = p.holdIssuer(v.bearer.Issuer); err != nil {
			return err
		}
		keys = p.bearerOf.provider
	}
	v.bearer.Revoked = p.ended.Revoked
	p.bearer, err = bearer.New(v.bearer, keys, claims.NewReader(claims.Selection{Groups: v.login.Groups, Further: v.login.Claims}, p.log), p.log)
	return err
}

// refuseBearer answers a token that does not hold: always JSON, and never a
// redirect, which a program would follow in circles.
func (p *Passkeys) refuseBearer(w http.ResponseWriter, r *http.Request, err error) error {
	if pr, ok := errors.AsType[*problem.Problem](err); ok && pr.Code == bearer.CodeInvalid {
		w.Header().Set("WWW-Authenticate", bearer.Challenge)
		p.quiet.LogAttrs(r.Context(), slog.LevelInfo, "bearer token refused", pr.Detail,
			slog.Any("reason", pr.Err), slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("client_ip", clientIP(r)))
	}
	return p.answerWith(p.pages.ProblemJSON, w, r, err)
}

// issuers holds the metadata and keys of issuers that only bearer tokens come
// from, across configuration reloads.
var issuers = caddy.NewUsagePool()

// heldIssuer is one instance's hold on an issuer.
type heldIssuer struct {
	provider *provider.Provider
	name     string
}

// issuerState is the pool's entry; requests may still use it when it is dropped.
type issuerState struct {
	provider *provider.Provider
	client   *http.Client
}

// Destruct runs when no configuration holds the issuer any more.
func (s *issuerState) Destruct() error {
	s.client.CloseIdleConnections()
	return nil
}

func (p *Passkeys) holdIssuer(name string) (*heldIssuer, error) {
	entry, _, err := issuers.LoadOrNew(name, func() (caddy.Destructor, error) {
		client := outbound.NewClient(0)
		return &issuerState{provider.New(provider.Config{Issuer: name, Client: client, Log: p.log}), client}, nil
	})
	if err != nil {
		return nil, err
	}
	return &heldIssuer{entry.(*issuerState).provider, name}, nil //nolint:forcetypeassert // the pool holds nothing else
}

func (h *heldIssuer) release() error {
	if h == nil {
		return nil
	}
	_, err := issuers.Delete(h.name)
	return err
}
