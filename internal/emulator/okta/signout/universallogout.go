package signout

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/controls"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

const backchannelEvent = "http://schemas.openid.net/event/backchannel-logout"

// UniversalLogout is one request of Okta's Universal Logout (Okta: "Build
// Universal Logout for your app"; draft-parecki-oauth-global-token-revocation).
type UniversalLogout struct {
	// User is the id or login of whom to sign out, Client the id of the app and
	// URL its endpoint.
	User   string `json:"user"`
	Client string `json:"client"`
	URL    string `json:"url"`
	// Format is email (default) or iss_sub.
	Format string `json:"format,omitempty"`
	// Custom signs as the custom authorization server instead of the org.
	Custom bool `json:"custom,omitempty"`
	// Flaw is one of the flaws, or "".
	Flaw string `json:"flaw,omitempty"`
}

// LogoutToken is one request of OpenID Connect Back-Channel Logout 1.0. Okta
// sends none; Auth0 does.
type LogoutToken struct {
	// Client is the id of the app. URL is its endpoint; default: the app's
	// BackchannelURI.
	Client string `json:"client"`
	URL    string `json:"url,omitempty"`
	// User is the id or login of whom to sign out, SID the one session; either
	// may be empty.
	User string `json:"user,omitempty"`
	SID  string `json:"sid,omitempty"`
	// Flaw is one of the flaws, or "".
	Flaw string `json:"flaw,omitempty"`
}

// Controls are what tests may ask of sign-outs.
func (s *SignOut) Controls() map[string]controls.Control {
	return map[string]controls.Control{
		"POST universal-logout":   s.controlUniversalLogout,
		"POST backchannel-logout": s.controlLogoutToken,
		"GET users/{id}/sessions": s.controlSessionID,
	}
}

func (s *SignOut) controlUniversalLogout(r *http.Request) (any, error) {
	var u UniversalLogout
	if err := controls.ReadJSON(r, &u); err != nil {
		return nil, err
	}
	status, err := s.SendUniversalLogout(r.Context(), u)
	if err != nil {
		return nil, err
	}
	return map[string]int{"status": status}, nil
}

func (s *SignOut) controlLogoutToken(r *http.Request) (any, error) {
	var l LogoutToken
	if err := controls.ReadJSON(r, &l); err != nil {
		return nil, err
	}
	status, err := s.SendLogoutToken(r.Context(), l)
	if err != nil {
		return nil, err
	}
	return map[string]int{"status": status}, nil
}

func (s *SignOut) controlSessionID(r *http.Request) (any, error) {
	return map[string]string{"sid": s.org.SessionID(r.PathValue("id"))}, nil
}

// SendUniversalLogout asks an app to sign a user out everywhere, and returns the
// status of its answer.
func (s *SignOut) SendUniversalLogout(ctx context.Context, u UniversalLogout) (int, error) {
	user, ok := s.org.User(u.User)
	if !ok {
		return 0, org.ErrNoUser
	}
	iss := s.servers.Issuers()[0]
	if u.Custom {
		iss = s.servers.Default()
	}
	now := s.org.Now()
	token, err := s.signal(iss, universalLogoutTyp, u.Flaw, map[string]any{
		"jti": org.RandomToken(), "iss": iss.URL, "sub": u.Client, "aud": u.URL,
		"iat": org.Seconds(now), "nbf": org.Seconds(now.Add(-5 * time.Minute)), "exp": org.Seconds(now.Add(5 * time.Minute)),
	})
	if err != nil {
		return 0, err
	}
	subject := map[string]string{"format": "email", "email": user.Email}
	switch {
	case u.Flaw == FlawUnknownFormat:
		subject = map[string]string{"format": "opaque", "id": user.ID}
	case u.Format == "iss_sub":
		subject = map[string]string{"format": "iss_sub", "iss": iss.URL, "sub": user.ID}
	case u.Format != "" && u.Format != "email":
		return 0, fmt.Errorf("format %q: want email or iss_sub", u.Format)
	}
	body, err := json.Marshal(map[string]any{"sub_id": subject})
	if err != nil {
		return 0, err
	}
	status, err := s.post(ctx, u.URL, u.Flaw, "application/json", string(body), func(r *http.Request) {
		if u.Flaw != FlawNoToken {
			r.Header.Set("Authorization", "Bearer "+token)
		}
	})
	s.org.Note(org.Event{Name: org.EventUniversalLogout, Client: u.Client, User: user.ID, Issuer: iss.URL, Detail: outcome(status, err)})
	return status, err
}

// SendLogoutToken sends an app a logout token, and returns the status of its
// answer.
func (s *SignOut) SendLogoutToken(ctx context.Context, l LogoutToken) (int, error) {
	client, ok := s.org.Client(l.Client)
	if !ok {
		return 0, fmt.Errorf("there is no client %q", l.Client)
	}
	if l.URL == "" {
		l.URL = client.SingleLogout.BackchannelURI
	}
	iss, now := s.servers.Default(), s.org.Now()
	claims := map[string]any{
		"jti": org.RandomToken(), "iss": iss.URL, "aud": client.ID, "iat": org.Seconds(now), "exp": org.Seconds(now.Add(2 * time.Minute)),
		"events": map[string]any{backchannelEvent: map[string]any{}},
	}
	if l.SID != "" {
		claims["sid"] = l.SID
	}
	if l.User != "" {
		user, known := s.org.User(l.User)
		if !known {
			return 0, org.ErrNoUser
		}
		claims["sub"] = user.ID
	}
	token, err := s.signal(iss, logoutTokenTyp, l.Flaw, claims)
	if err != nil {
		return 0, err
	}
	form := url.Values{"logout_token": {token}}
	if l.Flaw == FlawNoToken {
		form.Del("logout_token")
	}
	status, err := s.post(ctx, l.URL, l.Flaw, "application/x-www-form-urlencoded", form.Encode(), func(*http.Request) {})
	s.org.Note(org.Event{Name: org.EventLogoutToken, Client: client.ID, Issuer: iss.URL, Detail: outcome(status, err)})
	return status, err
}
