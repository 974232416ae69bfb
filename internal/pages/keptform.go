package pages

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/keptform"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// KeptForm is what the page says of a form that waits for a sign-in.
type KeptForm struct {
	// Kept is the form for the browser to keep; where it is nil, Reason says why
	// there is none, in words for its user.
	Kept   *keptform.Kept
	Reason string
	// StepUp is what the form's path demands of the sign-in. SignedIn tells that
	// there is a session, which does not meet it.
	StepUp   stepup.Demand
	SignedIn bool
	// InFrame tells that the page is shown in a frame of a page of this origin.
	InFrame bool
}

// FormKept answers a form that was posted to an ended session, or to a path that
// wants a fresher sign-in: a page that keeps it in the browser, or, for a form
// that could not be kept, one that says how nothing is lost all the same. The
// status is 401, as the app did not get the form.
func (p *Pages) FormKept(w http.ResponseWriter, r *http.Request, f KeptForm) error {
	title := "Your session has ended"
	if f.SignedIn {
		title = "Confirm it's you"
	}
	v := p.view(pageFormKept, title, nil)
	v.Script = p.assetPath("formkept.js")
	if v.Form = f; f.Kept != nil {
		v.Sealed, v.Form.Kept = f.Kept.Form, &keptform.Kept{Form: sealedHere, Summary: f.Kept.Summary}
	}
	v.Login = f.StepUp.LoginURL(p.base, p.base+route.KeptForm)
	v.Window = f.StepUp.LoginURL(p.base, p.base+route.SignedIn)
	policy := p.policies.plain
	if f.InFrame {
		policy = p.policies.ownFrame
	}
	return p.write(w, r, http.StatusUnauthorized, policy, v)
}

// ResendForm offers to send the form that this tab keeps: GET <base>/resume. The form
// goes to an address of the app, so its own policy does not name where.
func (p *Pages) ResendForm(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	if err := p.needSession(s, p.base+route.KeptForm); err != nil {
		return err
	}
	v := p.view(pageKeptForm, "Send your form again?", s)
	v.Script = p.assetPath("offerform.js")
	v.Login = p.loginPath(p.base + route.KeptForm)
	return p.write(w, r, http.StatusOK, p.policies.keptForm, v)
}

// SignedIn is the end of a sign-in in a window of its own: GET <base>/signed-in.
// Its script tells the site's other windows and closes this one.
func (p *Pages) SignedIn(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	if err := p.needSession(s, p.base+route.SignedIn); err != nil {
		return err
	}
	v := p.view(pageSignedIn, "Signed in", s)
	v.Script = p.assetPath("signedin.js")
	return p.write(w, r, http.StatusOK, p.policies.plain, v)
}
