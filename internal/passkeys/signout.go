package passkeys

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// SignOutQuestion asks before signing out, so that a link or a picture on
// another site cannot do it: GET <base>/logout. The form posts to the same path.
// known tells that the browser brings something to sign out of, though its session s
// may be over and nil; without, there is nothing to ask.
func (p *Pages) SignOutQuestion(w http.ResponseWriter, r *http.Request, s *session.Session, known bool) error {
	if !known {
		secure(w.Header())
		http.Redirect(w, r, p.base+"/signed-out", http.StatusSeeOther)
		return nil
	}
	return p.write(w, r, http.StatusOK, p.policies.signOut, p.view(pageSignOut, "Sign out", s))
}

// SignedOut is where sign-out ends: GET <base>/signed-out. Its script makes the
// browser forget what the component kept about the user.
func (p *Pages) SignedOut(w http.ResponseWriter, r *http.Request) error {
	v := p.view(pageSignedOut, "Signed out", nil)
	v.Script = p.assetPath("signedout.js")
	return p.write(w, r, http.StatusOK, p.policies.plain, v)
}
