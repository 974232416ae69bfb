package caddymodule

import (
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// userPlaceholders is the prefix under which Caddy's own authentication sets
// the user; Caddy's access log takes user_id from {http.auth.user.id}.
const userPlaceholders = "http.auth.user."

// setPlaceholders makes {http.auth.user.*} known for the rest of the request.
// They are known for nobody too: an unknown placeholder in a header_up line
// would reach the app as its literal text.
func setPlaceholders(r *http.Request, s *session.Session) {
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return
	}
	repl.Map(func(key string) (any, bool) {
		claim, ours := strings.CutPrefix(key, userPlaceholders)
		if !ours {
			return nil, false
		}
		if claim == "id" {
			claim = "sub"
		}
		if s == nil {
			return "", true
		}
		return s.Claim(claim), true
	})
}
