package passkeys

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/resume"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// FormKept answers a form that was posted to an ended session: a page that keeps
// it in the browser, or with a reason, for a form that could not be kept, one
// that says how nothing is lost all the same. The status is 401, as the app did
// not get the form.
func (p *Pages) FormKept(w http.ResponseWriter, r *http.Request, kept *resume.Kept, reason string) error {
	v := p.view(pageFormKept, "Your session has ended", nil)
	v.Script = p.assetPath("formkept.js")
	v.Kept, v.Reason = kept, reason
	v.Login = p.loginPath(p.base + "/resume")
	v.Window = p.loginPath(p.base + "/signed-in")
	return p.write(w, r, http.StatusUnauthorized, p.policies.plain, v)
}

// Resume offers to send the form that this tab keeps: GET <base>/resume. The form
// goes to an address of the app, so its own policy does not name where.
func (p *Pages) Resume(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	if err := p.needSession(s, p.base+"/resume"); err != nil {
		return err
	}
	v := p.view(pageResume, "Send your form again?", s)
	v.Script = p.assetPath("resume.js")
	v.Login = p.loginPath(p.base + "/resume")
	return p.write(w, r, http.StatusOK, p.policies.resume, v)
}

// SignedIn is the end of a sign-in in a window of its own: GET <base>/signed-in.
// Its script tells the site's other windows and closes this one.
func (p *Pages) SignedIn(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	if err := p.needSession(s, p.base+"/signed-in"); err != nil {
		return err
	}
	v := p.view(pageSignedIn, "Signed in", s)
	v.Script = p.assetPath("signedin.js")
	return p.write(w, r, http.StatusOK, p.policies.plain, v)
}
