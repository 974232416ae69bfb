package pages

import (
	"net/http"
	"regexp"
	"time"
)

// ClientStateCookie holds what Corbado's component wants to find again at the
// next sign-in: the name and the lifetime are those of Corbado's own examples.
// It names the user in clear, so the app has no business with it: it is sent to
// our own routes only, which also keeps its up to 3 kB off every other request.
const ClientStateCookie = "cbo_client_state"

const clientStateAge = 365 * 24 * time.Hour

// maxClientState caps the state, in bytes, so that one cookie holds it.
const maxClientState = 3 << 10

// clientStatePattern is base64, standard or URL. The value comes from the
// browser, and nothing here ever reads it.
var clientStatePattern = regexp.MustCompile(`^[A-Za-z0-9+/_=-]+$`)

// keepClientState stores the component's state, and ignores one that does not
// look like it: the passkey was added either way.
func (p *Pages) keepClientState(w http.ResponseWriter, state string) {
	if len(state) > maxClientState || !clientStatePattern.MatchString(state) {
		return
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure unless the site is plain http on loopback
		Name: ClientStateCookie, Value: state, Path: p.base, MaxAge: int(clientStateAge / time.Second),
		Secure: !p.insecure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
