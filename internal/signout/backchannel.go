package signout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
)

// logoutEvent is the member of a logout token's events claim that makes it one
// (OpenID Connect Back-Channel Logout 1.0 section 2.4).
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// Backchannel serves POST <base>/backchannel-logout (OpenID Connect Back-Channel
// Logout 1.0; Auth0). Where the form's logout_token names a session of the provider
// by sid, that one ends. Where it names a user by sub, all of the user's sessions end.
// The answer is 200, or 400 for whatever went wrong (section 2.8).
func (h *Handler) Backchannel(w http.ResponseWriter, r *http.Request) {
	if err := h.backchannel(w, r); err != nil {
		rf, ok := errors.AsType[*refusal](err)
		if !ok {
			rf = &refusal{code: "invalid_request", reason: err}
		}
		h.refuse(w, r, route.BackchannelLogout, &refusal{status: http.StatusBadRequest, code: rf.code, reason: rf.reason})
		return
	}
	noStore(w)
	w.WriteHeader(http.StatusOK)
}

func (h *Handler) backchannel(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	raw, err := logoutToken(w, r)
	if err != nil {
		return err
	}
	t, err := h.read(raw, rules{
		// The type is recommended, and providers from before it send none.
		types: []string{"", "logout+jwt"}, audiences: []string{h.config.ClientID}, issuer: h.signInIssuer, check: checkLogoutToken,
	})
	if err != nil {
		return err
	}
	if err := h.prove(ctx, t); err != nil {
		return err
	}
	sid, err := t.claims.Text("sid", maxName)
	if err != nil {
		return invalid("%w", err)
	}
	sub, err := t.claims.Text("sub", maxName)
	if err != nil {
		return invalid("%w", err)
	}
	if sid != "" {
		err = h.sessions.EndProviderSession(ctx, t.issuer.Name, sid)
	} else {
		err = h.sessions.EndSubject(ctx, t.issuer.Name, sub)
	}
	if err != nil {
		return &refusal{code: "not_signed_out", reason: fmt.Errorf("the revocation could not be recorded: %w", err)}
	}
	h.tellEnded(ctx, moment.BackChannel, moment.Of(t.issuer.Name, sub))
	h.log.InfoContext(ctx, "signed out by back-channel logout", slog.String("sub", printable(sub)), slog.Bool("one_session", sid != ""), slog.String("jti", printable(t.id)))
	return nil
}

// signInIssuer finds the issuer of the ID tokens. No other one knows our sessions.
func (h *Handler) signInIssuer(name string) (Issuer, bool) {
	return h.config.Issuer, name == h.config.Issuer.Name
}

// logoutToken reads the form.
func logoutToken(w http.ResponseWriter, r *http.Request) (string, error) {
	body, err := readBody(w, r, "application/x-www-form-urlencoded")
	if err != nil {
		return "", err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", malformed("the body is not a form")
	}
	tokens := form["logout_token"]
	if len(tokens) != 1 {
		return "", malformed("the form has %d logout_token, want one", len(tokens))
	}
	return tokens[0], nil
}

// checkLogoutToken makes the checks of Back-Channel Logout 1.0 section 2.6 that other
// tokens do not need.
func checkLogoutToken(c claims.Set) error {
	events, err := object(c["events"])
	if err != nil {
		return invalid("events %w", err)
	}
	event, there := events[logoutEvent]
	if !there {
		return invalid("events does not hold %s", logoutEvent)
	}
	if _, err := object(event); err != nil {
		return invalid("the logout event %w", err)
	}
	if c.Has("nonce") {
		return invalid("it has a nonce, as ID tokens do")
	}
	sid, err := c.Text("sid", maxName)
	if err != nil {
		return invalid("%w", err)
	}
	sub, err := c.Text("sub", maxName)
	if err != nil {
		return invalid("%w", err)
	}
	if sid == "" && sub == "" {
		return invalid("it has neither sid nor sub")
	}
	return nil
}
