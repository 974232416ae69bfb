package pages

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/answer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/fetchmeta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// SignOutQuestion asks before signing out, so that a link or a picture on
// another site cannot do it: GET <base>/logout. The form posts to the same path.
// known tells that the browser brings something to sign out of, though its session s
// may be over and nil; without, there is nothing to ask.
func (p *Pages) SignOutQuestion(w http.ResponseWriter, r *http.Request, s *session.Session, known bool) error {
	if !known {
		answer.Private(w.Header())
		forgetPages(w.Header(), r)
		http.Redirect(w, r, p.base+route.SignedOut, http.StatusSeeOther)
		return nil
	}
	return p.write(w, r, http.StatusOK, p.policies.signOut, p.view(pageSignOut, "Sign out", s))
}

// SignedOut is where sign-out ends: GET <base>/signed-out. Its script makes the
// browser forget what the component kept about the user.
func (p *Pages) SignedOut(w http.ResponseWriter, r *http.Request) error {
	v := p.view(pageSignedOut, "Signed out", nil)
	v.Script = p.assetPath("signedout.js")
	forgetPages(w.Header(), r)
	return p.write(w, r, http.StatusOK, p.policies.plain, v)
}

// forgetPages has the browser drop what it kept of this site's pages, in its HTTP
// cache and to show them at once when somebody goes back (Clear Site Data, section
// 3.1). It takes the browser a moment, so only a page load may ask for it: anybody
// can put a picture of that address into a page.
func forgetPages(h http.Header, r *http.Request) {
	if kind := fetchmeta.Of(r); kind != fetchmeta.None && kind != fetchmeta.Frame {
		h.Set("Clear-Site-Data", `"cache"`)
	}
}
