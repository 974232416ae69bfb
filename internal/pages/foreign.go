package pages

import "net/http"

// ForeignForm is what the page says of a form that a page of another site posted.
type ForeignForm struct {
	// Sealed is the form for the page to post again to its own address; empty where
	// that is not to be. Reason then says why it could not, in words for its user,
	// if it was to be.
	Sealed, Reason string
	// InFrame tells that the page is shown in a frame.
	InFrame bool
}

// ForeignForm answers a form that a page of another site posted, with which
// browsers send no session (SameSite=Lax). Nobody can tell whether there is one, and
// the page says so; it leads on to its own address by a link, or posts the form
// there once more by itself. The browser counts that as the site's own, so the
// session comes along. The status is 401, as the app did not get the form.
func (p *Pages) ForeignForm(w http.ResponseWriter, r *http.Request, f ForeignForm) error {
	v := p.view(pageForeign, "Go on to "+p.brand.Name, nil)
	v.Foreign = f
	policy := p.policies.plain
	switch {
	case f.Sealed != "":
		v.Title, v.Script = "On to "+p.brand.Name, p.assetPath("repost.js")
		v.Sealed, v.Foreign.Sealed = f.Sealed, sealedHere
		policy = p.policies.repost
	case f.InFrame: // a bank's, in a page of this site
		policy = p.policies.ownFrame
	}
	return p.write(w, r, http.StatusUnauthorized, policy, v)
}
