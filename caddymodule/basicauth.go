package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"golang.org/x/time/rate"

	"github.com/passkey-sidecar/passkey-sidecar/internal/basicauth"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// BasicAuth signs the user in at an app that knows nothing but Basic
// authentication (RFC 7617). The app gets `Authorization: Basic` with the user's name
// and one password for all users, in UTF-8. What a client sends in that header never
// reaches the app, not even on public paths. The app's own Basic challenges do not
// reach the browser.
//
// A user is refused with 403 if the name is missing, if it holds a colon or a control
// character, which Basic authentication cannot carry, or if it begins or ends with a
// space, which apps trim.
type BasicAuth struct {
	// The claim that holds the user's name. Default: `email`.
	User string `json:"user,omitempty"`
	// The one password that the app expects, as a placeholder. Required.
	Password string `json:"password,omitempty"`
}

const defaultBasicUser = "email"

func (b *BasicAuth) settings() settings {
	return settings{"user": text(&b.User), "password": text(&b.Password)}
}

func (b *BasicAuth) missing() string {
	if b.Password == "" {
		return "basic_auth needs password, as a placeholder like {file./run/secrets/app_password}"
	}
	return ""
}

func (p *Passkeys) parseBasicAuth(d *caddyfile.Dispenser) error {
	p.BasicAuth = new(BasicAuth)
	return block("basic_auth", p.BasicAuth.settings(), p.BasicAuth.missing)(d)
}

// basic is the setting, ready for use.
type basic struct {
	*basicauth.Credentials
	log *slog.Logger
	// refused makes one line of an app's many refusals.
	refused rate.Sometimes
}

// resolve returns the credentials; nil has none.
func (b *BasicAuth) resolve(ctx context.Context, rv resolver) (*basicauth.Credentials, error) {
	if b == nil {
		return nil, nil //nolint:nilnil // no basic_auth is no failure
	}
	if missing := b.missing(); missing != "" {
		return nil, errors.New(missing)
	}
	password, err := rv.secret(ctx, "basic_auth password", b.Password)
	if err != nil {
		return nil, err
	}
	credentials, err := basicauth.New(orDefault(b.User, defaultBasicUser), password)
	if err != nil {
		return nil, fmt.Errorf("basic_auth: %w", err)
	}
	return credentials, nil
}

// buildBasicAuth has the app get the credentials.
func (p *Passkeys) buildBasicAuth(credentials *basicauth.Credentials) error {
	if credentials == nil {
		return nil
	}
	p.basic = &basic{Credentials: credentials, log: p.log, refused: rate.Sometimes{First: 1, Interval: time.Minute}}
	if err := p.headers.Carry("Authorization", func(_ *http.Request, s *session.Session) string {
		value, err := credentials.Authorization(s)
		if err != nil {
			return "" // refused before
		}
		return value
	}); err != nil {
		return fmt.Errorf("basic_auth: %w", err)
	}
	return nil
}

// check refuses a user whose name the app cannot be told.
func (b *basic) check(r *http.Request, s *session.Session, base string) error {
	if b == nil {
		return nil
	}
	if _, err := b.User(s); err != nil {
		b.log.WarnContext(r.Context(), "a user has no name that basic_auth can carry",
			slog.String("claim", b.Claim()), slog.String("sub", s.Subject))
		return &problem.Problem{
			Status: http.StatusForbidden, Code: "user_name_unfit", Title: "Your account cannot be used here",
			Detail:   "This application knows its users by a name that your account does not have, or that it could not tell from another's.",
			Operator: "The claim " + b.Claim() + " is the user's name (basic_auth). It must not be empty, hold a colon or control character, or begin or end with a space.",
			Ways:     []problem.Way{{Label: "Sign out", Href: base + route.Logout}},
			Err:      err,
		}
	}
	return nil
}

// hide keeps the app's Basic challenges from the browser.
func (b *basic) hide(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	if b == nil {
		return w
	}
	return &unchallenged{&caddyhttp.ResponseWriterWrapper{ResponseWriter: w}, b, r}
}

// unchallenged is a response without Basic challenges.
type unchallenged struct {
	*caddyhttp.ResponseWriterWrapper
	basic   *basic
	request *http.Request
}

// WriteHeader implements http.ResponseWriter.
func (u *unchallenged) WriteHeader(status int) {
	if status >= http.StatusOK && basicauth.StripChallenge(u.Header()) && status == http.StatusUnauthorized {
		u.basic.refused.Do(func() {
			u.basic.log.WarnContext(u.request.Context(), "the app refused the user or the password of basic_auth; said once a minute",
				slog.String("path", u.request.URL.Path))
		})
	}
	u.ResponseWriterWrapper.WriteHeader(status)
}
