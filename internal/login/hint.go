package login

import (
	"log/slog"
	"net/http"
	"net/url"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/fetchmeta"
)

// maxHint bounds a login hint, in bytes. The longest one known is Corbado's signed
// passkey data, a JWT of about 1 kB. The address that holds it stays far below the
// 8 kB at which servers answer 414.
const maxHint = 2048

// usableHint returns a login hint (OpenID Connect Core 1.0 section 3.1.2.1), or
// "" for one that could not be a user name or token. Sign-in works without one.
func usableHint(raw string) string {
	if len(raw) > maxHint || !claims.Plain(raw) {
		return ""
	}
	return raw
}

// hints reads what a request for the login route wants passed on to Okta: a login
// hint, and the identity provider to go straight to, past the hosted sign-in page and
// its routing rules (Okta: OpenID Connect & OAuth 2.0 API, /authorize, idp).
//
// Only the configured passkey provider can be named, and only by our own pages. With
// it the hint is the signed proof of a passkey. Whoever could send a browser here with
// a proof of their own would sign that browser in as themselves (login CSRF).
// Otherwise both are dropped, and the ordinary sign-in page comes.
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

// checkPasskeyIDP reports whether id can be an identity provider's id at Okta.
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
