package signout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// signedOutFrame is what the invisible frame shows.
const signedOutFrame = "<!doctype html><html lang=\"en\"><title>Signed out</title><p>Signed out.</p></html>\n"

// Frontchannel serves GET and POST <base>/frontchannel-logout?iss=…&sid=…, which
// the provider's sign-out page loads in an invisible frame (OpenID Connect
// Front-Channel Logout 1.0; Okta's Single Logout with
// frontchannel_logout_session_required). It ends the sessions here that came out
// of the provider's session sid. Cookies are not needed: SameSite keeps them
// away from most frames.
//
// Nothing here is signed, so little can be done by it. It ends sessions here and
// revokes no token at Okta. It needs a sid, since without one any link could sign out
// whoever follows it. How many sids a client may name is limited. The limit does not
// hold for a session that the cookies prove to be the client's own, nor for the sid of
// a live session here, which nobody can guess. The answer never says whether there was
// a session. s is the session that the request's cookie could still be used for, idle
// or not, or nil.
func (h *Handler) Frontchannel(w http.ResponseWriter, r *http.Request, s *session.Session, clientIP string) {
	if err := h.frontchannel(w, r, s, clientIP); err != nil {
		h.refuse(w, r, route.FrontchannelLogout, err)
		return
	}
	noStore(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", h.framing)
	w.Header().Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write([]byte(signedOutFrame)) // nobody is left to tell
}

func (h *Handler) frontchannel(w http.ResponseWriter, r *http.Request, s *session.Session, clientIP string) error {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	asked, err := parameters(w, r)
	if err != nil {
		return err
	}
	iss, sid := asked["iss"], asked["sid"]
	if _, ours := h.config.issuer(iss); !ours {
		return malformed("iss is %q, which is none of ours", printable(iss))
	}
	if sid == "" || len(sid) > maxName {
		return malformed("sid has %d bytes; is frontchannel_logout_session_required set at the provider?", len(sid))
	}
	own := s != nil && s.ProviderSID == sid
	if !own && !h.config.Known.has(h.config.Issuer.Name, sid) && !h.config.Limiter.allow(clientIP) {
		return &refusal{status: http.StatusTooManyRequests, code: "rate_limited", reason: errors.New("too many sign-outs of sessions that nobody proved to have")}
	}
	if err := h.sessions.EndProviderSession(ctx, h.config.Issuer.Name, sid); err != nil {
		return &refusal{status: http.StatusServiceUnavailable, code: "not_signed_out", reason: fmt.Errorf("the revocation could not be recorded: %w", err)}
	}
	h.config.Known.forget(h.config.Issuer.Name, sid)
	if own {
		h.cookies.End(w, r)
		h.tellEnded(ctx, moment.FrontChannel, s)
		h.log.InfoContext(ctx, "signed out by front-channel logout", slog.String("sub", s.Subject))
	} else {
		h.tellEnded(ctx, moment.FrontChannel, nil)
		h.log.DebugContext(ctx, "a session of the provider ended by front-channel logout")
	}
	return nil
}

// parameters returns iss and sid of the query, or of the form that was posted.
// One that comes twice is refused: two readers could take a different one.
func parameters(w http.ResponseWriter, r *http.Request) (map[string]string, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, malformed("the query cannot be read")
	}
	if r.Method == http.MethodPost && r.ContentLength != 0 {
		body, err := readBody(w, r, "application/x-www-form-urlencoded")
		if err != nil {
			return nil, err
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, malformed("the body is not a form")
		}
		for name, values := range form {
			q[name] = append(q[name], values...)
		}
	}
	asked := make(map[string]string, 2)
	for _, name := range []string{"iss", "sid"} {
		switch values := q[name]; len(values) {
		case 0:
		case 1:
			asked[name] = values[0]
		default:
			return nil, malformed("%s comes %d times", name, len(values))
		}
	}
	return asked, nil
}
