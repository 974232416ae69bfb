package caddymodule

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/passkey-sidecar/passkey-sidecar/internal/access"
	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/pages"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Allow says which signed-in users may use the app and add passkeys. One match is
// enough. Everybody else gets a page (403) that offers another account and sign-out.
// On public paths they count as nobody, as without a session. The rules hold for
// bearer tokens too.
type Allow struct {
	// Whole names of groups, case-sensitive. The session must know the user's
	// groups: scope `groups`, offered by the authorization server.
	Groups []string `json:"groups,omitempty"`
	// E-mail addresses; case does not count. An address that the provider calls
	// unverified matches nothing, nor does one with two @.
	Emails []string `json:"emails,omitempty"`
	// Domains of addresses, after the @; case does not count. `example.com` is that
	// domain alone. `*.example.com` is any subdomain of it, and not the domain itself.
	// Other alphabets are in their `xn--` form.
	Domains []string `json:"domains,omitempty"`
}

func (a *Allow) settings() settings {
	return settings{
		"group":  checkedTexts(&a.Groups, access.CheckGroup),
		"email":  checkedTexts(&a.Emails, access.CheckEmail),
		"domain": checkedTexts(&a.Domains, access.CheckDomain),
	}
}

// missing is about a block without a rule.
func (a *Allow) missing() string {
	if a == nil || len(a.Groups)+len(a.Emails)+len(a.Domains) > 0 {
		return ""
	}
	return "allow names nobody; give it a line like: group <name...>, email <address...> or domain <name...>, " +
		"or leave allow out to admit every signed-in user"
}

func (p *Passkeys) parseAllow(d *caddyfile.Dispenser) error {
	p.Allow = new(Allow)
	return block("allow", p.Allow.settings(), p.Allow.missing)(d)
}

// checkedTexts is texts for values that can be checked at once. One with a
// placeholder is checked when it is resolved.
func checkedTexts(dst *[]string, check func(string) error) func(*caddyfile.Dispenser) error {
	return func(d *caddyfile.Dispenser) error {
		if err := texts(dst)(d); err != nil {
			return err
		}
		for _, value := range *dst {
			if strings.Contains(value, "{") {
				continue
			}
			if err := check(value); err != nil {
				return d.WrapErr(err)
			}
		}
		return nil
	}
}

// resolve returns who may use the app, and what it must know of their groups; nil admits
// everybody.
func (a *Allow) resolve(rv resolver) (c access.Config, rules *access.Rules, err error) {
	if a == nil {
		return c, nil, nil
	}
	if missing := a.missing(); missing != "" {
		return c, nil, errors.New(missing)
	}
	if c.Groups, err = rv.texts("allow group", a.Groups); err != nil {
		return c, nil, err
	}
	if c.Emails, err = rv.texts("allow email", a.Emails); err != nil {
		return c, nil, err
	}
	if c.Domains, err = rv.texts("allow domain", a.Domains); err != nil {
		return c, nil, err
	}
	rules, err = access.New(c)
	return c, rules, err
}

const codeNotAllowed = "not_allowed"

// forbid answers a user who may not use the app. The ways on lead to another
// account: an answer that only said no would leave a person with two accounts
// stuck, since Okta signs the same one in again by itself.
func (p *Passkeys) forbid(w http.ResponseWriter, r *http.Request, d gate.Decision) error {
	s := d.Session
	p.hear(r.Context(), moment.Moment{Kind: moment.AccessRefused, Cause: codeNotAllowed, Session: s, Bearer: d.Bearer})
	p.log.InfoContext(r.Context(), "user not allowed",
		slog.String("sub", s.Subject), slog.Bool("bearer", d.Bearer), slog.String("method", r.Method), slog.String("path", r.URL.Path))
	pr := &problem.Problem{
		Status: http.StatusForbidden, Code: codeNotAllowed, Title: "Your account may not use this site",
		Detail:   "You are signed in as " + s.DisplayName() + ". If you have another account that may, use that one; else ask the people who run this site.",
		Operator: "The allow setting names none of this account's groups, nor its verified e-mail address or domain.",
		Ways: []problem.Way{
			{Label: "Use another account", Href: p.base + route.Login + "?prompt=login" + p.returnQuery(r)},
			{Label: "Sign out", Href: p.base + route.Logout},
		},
	}
	if d.Bearer {
		pr.Title, pr.Detail = "The token's user or client may not use this site", ""
		return p.answerWith(p.pages.ProblemJSON, w, r, pr)
	}
	return p.answer(w, r, pr)
}

// landing offers a passkey after sign-in to those only who may use the app.
type landing struct {
	pages *pages.Pages
	rules *access.Rules
}

// AfterSignIn implements login.Landing.
func (l landing) AfterSignIn(r *http.Request, s *session.Session, returnPath string) string {
	if !l.rules.Allows(s) {
		return returnPath
	}
	return l.pages.AfterSignIn(r, s, returnPath)
}
