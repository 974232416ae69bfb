package login

import (
	"log/slog"
	"net/http"
	"net/url"

	"github.com/passkey-sidecar/passkey-sidecar/internal/fetchmeta"
)

// maxHint bounds a login hint, in bytes. Corbado's signed passkey data is the
// longest known, a JWT of about 1 kB; the address that it becomes a part of
// stays far below the 8 kB at which servers answer 414.
const maxHint = 2048

// usableHint returns a login hint (OpenID Connect Core 1.0 section 3.1.2.1), or
// "" for one that could not be a user name or token. Sign-in does well without.
func usableHint(raw string) string {
	if len(raw) > maxHint || !plain(raw) {
		return ""
	}
	return raw
}

// hints reads what a request for the login route tells the identity provider
// beforehand: a login hint, and the provider to go straight to, past the hosted
// sign-in page and its routing rules (Okta: OpenID Connect & OAuth 2.0 API,
// /authorize, idp).
//
// Only the configured passkey provider can be named, and only by our own pages:
// the hint is then the signed proof of a passkey, and whoever could send a
// browser here with a proof of their own would sign it in as themselves (login
// CSRF). Otherwise both are dropped, and the ordinary sign-in page comes.
func (rp *RelyingParty) hints(r *http.Request, q url.Values) (hint, idp string) {
	hint, idp = usableHint(q.Get("login_hint")), q.Get("idp")
	if idp == "" {
		return hint, ""
	}
	if idp != rp.config.PasskeyIDP || fetchmeta.From(r) != fetchmeta.SameOrigin {
		rp.quiet.LogAttrs(r.Context(), slog.LevelInfo, "identity provider of a login address not used: it must be passkey_idp, asked for by a page of this site", "")
		return "", ""
	}
	return hint, idp
}

// checkPasskeyIDP tells whether id can be an identity provider's id at Okta.
func checkPasskeyIDP(id string) bool {
	const prefix = "0oa"
	if len(id) <= len(prefix) || len(id) > 64 || id[:len(prefix)] != prefix {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
