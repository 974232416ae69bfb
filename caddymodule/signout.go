package caddymodule

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/signout"
)

// signOutState is what sign-outs by the identity provider keep across config
// reloads. The zero value is ready for use.
type signOutState struct {
	mu      sync.Mutex
	limiter *signout.Limiter
	known   *signout.Known
	orgs    map[string]*provider.Provider
}

// keep returns the limiter, and the provider of an issuer other than the
// configured one.
func (s *signOutState) keep(org string, client *http.Client, log *slog.Logger) (*signout.Limiter, *provider.Provider) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limiter == nil {
		s.limiter, s.orgs = signout.NewLimiter(nil), map[string]*provider.Provider{}
	}
	if org == "" {
		return s.limiter, nil
	}
	if s.orgs[org] == nil {
		s.orgs[org] = provider.New(provider.Config{Issuer: org, Client: client, Log: log})
	}
	return s.limiter, s.orgs[org]
}

// seen remembers a live session, so that nobody can keep its sign-out waiting.
func (s *signOutState) seen(live *session.Session) { s.sessions().Add(live.Issuer, live.ProviderSID) }

func (s *signOutState) sessions() *signout.Known {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = signout.NewKnown()
	}
	return s.known
}

// orgIssuer is who signs Universal Logout: as configured, or the org that the
// issuer belongs to. It is "" where that is the issuer itself.
func orgIssuer(issuer, configured string) (string, error) {
	if configured == "" {
		configured = provider.OrgIssuer(issuer)
	}
	if configured == "" || configured == issuer {
		return "", nil
	}
	u, err := url.Parse(configured)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !origin.IsLoopbackHost(u.Host)) {
		return "", fmt.Errorf("okta universal_logout_issuer %q is not an https URL like https://example.okta.com", configured)
	}
	return configured, nil
}

// buildSignOuts makes the room that hears of sign-outs.
func (p *Passkeys) buildSignOuts(v values) (err error) {
	org, err := orgIssuer(v.issuer, v.universalLogoutIssuer)
	if err != nil {
		return err
	}
	c := signout.Config{
		ClientID: v.login.ClientID, Issuer: signout.Issuer{Name: v.issuer, Keys: p.held.provider},
		Origins: v.origins, BasePath: p.base, Known: p.held.signOuts.sessions(),
	}
	var keys *provider.Provider
	if c.Limiter, keys = p.held.signOuts.keep(org, p.held.client, p.log); keys != nil {
		c.Org = signout.Issuer{Name: org, Keys: keys}
	}
	p.signOuts, err = signout.New(c, p.ended, p.shared, p.sessions, p.log)
	return err
}

// serveFrontchannelLogout, serveBackchannelLogout and serveUniversalLogout answer what
// the identity provider says of sign-outs.
func (p *Passkeys) serveFrontchannelLogout(w http.ResponseWriter, r *http.Request) error {
	p.signOuts.Frontchannel(w, r, p.sessions.Standing(r), clientIP(r))
	return nil
}

func (p *Passkeys) serveBackchannelLogout(w http.ResponseWriter, r *http.Request) error {
	p.signOuts.Backchannel(w, r)
	return nil
}

func (p *Passkeys) serveUniversalLogout(w http.ResponseWriter, r *http.Request) error {
	p.signOuts.UniversalLogout(w, r)
	return nil
}
