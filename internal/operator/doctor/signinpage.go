package doctor

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/signinpage"
)

// signInPage opens the sign-in page as a browser would, and with --signin-page looks for
// our script on it.
func (e *exam) signInPage(ctx context.Context) []Finding {
	if e.meta == nil {
		return needsDiscovery()
	}
	if len(e.PublicURLs) == 0 {
		return nil
	}
	uri := e.callback(e.PublicURLs[0])
	r, err := e.authorize(ctx, uri, nil)
	if err != nil {
		why, fix := trouble(hostOf(e.meta.Authorization), err)
		return one(failure("the sign-in page does not open", why, fix))
	}
	if r.back {
		if slices.Contains(wantsUser, r.code) {
			return one(failure("the provider shows no sign-in page", "it answers "+line(r.code)+" at once", "look at the app's and the org's sign-in policies"))
		}
		return one(e.refusal(r))
	}
	if r.status >= 400 {
		return one(unproven("not asked", fmt.Sprintf("the authorization endpoint answers %d", r.status), "repair the sign-in first"))
	}
	// Auth0, and Okta with a page of its own address, redirect once within the host.
	page := r.answer
	for range 3 {
		to := page.redirect()
		if to == nil || to.Host != hostPort(e.meta.Authorization) {
			break
		}
		if page, err = e.get(ctx, to.String(), "Accept", "text/html"); err != nil {
			why, fix := trouble(to.Host, err)
			return one(failure("the sign-in page does not open", why, fix))
		}
	}
	switch {
	case page.redirect() != nil:
		return one(unproven("sign-in goes on at another host", "the provider sends to "+place(page.redirect()), "sign in once by hand; that is right where a routing rule sends users to another identity provider"))
	case page.status != http.StatusOK:
		return one(failure("the sign-in page does not open", fmt.Sprintf("it is answered %d", page.status), "open the site in a browser, and look at the provider's system log"))
	case !e.SignInPage:
		return one(ok("the sign-in page opens"))
	}
	return e.ourPage(page.body)
}

// ourPage compares the settings on the page with the configuration.
func (e *exam) ourPage(body string) []Finding {
	on, is := signinpage.Inspect(body)
	if !is {
		return one(failure("the sign-in page is not the one with passkeys", "our script is not on it",
			"publish the page of `passkey-sidecar okta signin-page` for the brand of this domain, and let issuer be on the custom domain"))
	}
	var found []Finding
	differ := func(what, there, here string) {
		if here != "" && there != here {
			found = append(found, failure("the sign-in page names another "+what, "the page says "+quote(there)+", the configuration "+quote(here), "make the page again with `passkey-sidecar okta signin-page`, and publish it"))
		}
	}
	differ("Corbado project", on.ProjectID, e.Corbado.ProjectID)
	differ("identity provider", on.IDPID, e.Okta.PasskeyIDP)
	if len(on.AppIDs) > 0 && !slices.Contains(on.AppIDs, e.Okta.ClientID) {
		found = append(found, failure("the sign-in page offers this app no passkey", "its list of apps lacks "+e.Okta.ClientID+": "+strings.Join(on.AppIDs, " "), "make the page again with --app-id "+e.Okta.ClientID+", or without the flag for every app"))
	}
	if !on.Current {
		found = append(found, warning("the sign-in page has the script of another version", "it differs from the one in this program", "make the page again with `passkey-sidecar okta signin-page` of this version, and publish it"))
	}
	if len(found) == 0 {
		return one(ok("the sign-in page has this version's script, for this project and identity provider"))
	}
	return found
}
