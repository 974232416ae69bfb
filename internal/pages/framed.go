package pages

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/fetchmeta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// Framed answers a navigation inside a frame that needs a sign-in like demand:
// with a window of its own, since the identity provider refuses to be shown in a
// frame. In a frame of this site the page that was asked for comes by itself after
// that; in another site's the browser holds the session's cookie back (SameSite), so
// target, the path that was asked for, has to be opened outside. The status is 401.
//
// The page may be framed by anybody: it holds the site's name and one link, which
// any site could show itself.
func (p *Pages) Framed(w http.ResponseWriter, r *http.Request, target string, demand stepup.Demand) error {
	v := p.view(pageFramed, "Sign in to continue", nil)
	v.Window = demand.LoginURL(p.base, p.base+route.SignedIn)
	v.Script = p.assetPath("framed.js")
	if site := fetchmeta.From(r); site != fetchmeta.SameOrigin && site != fetchmeta.SameSite {
		v.Title = "Open " + p.brand.Name + " in a window of its own"
		v.Window, v.Script = p.returns.Clean(target), ""
	}
	return p.write(w, r, http.StatusUnauthorized, p.policies.anyFrame, v)
}
