package oktasetup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
)

// findBrand finds the brand by name, id or custom domain (Okta: Brands API).
// Only a brand with a custom domain has a page that can be edited.
func (r *run) findBrand(ctx context.Context) error {
	name := r.options.Brand
	brand, err := r.find(ctx, "/api/v1/brands?expand=domains", "the brand "+name, func(o object) bool {
		return text(o, "id") == name || text(o, "name") == name || hasDomain(o, name)
	})
	switch {
	case err != nil:
		return err
	case brand == nil && r.api != nil:
		return fmt.Errorf("there is no brand %q; create it with its custom domain under Customizations > Brands", name)
	case brand == nil:
		r.brandID = "{brand id}"
		return nil
	case brand["isDefault"] == true:
		return fmt.Errorf("%q is the org's default brand, whose sign-in page cannot be edited; create a brand with a custom domain", name)
	}
	r.brandID = text(brand, "id")
	r.tell(Action{Step: r.step, Verb: Unchanged, What: "brand " + text(brand, "name"), ID: r.brandID})
	return nil
}

func hasDomain(brand object, name string) bool {
	embedded, _ := brand["_embedded"].(object)
	domains, _ := embedded["domains"].([]any)
	return contains(domains, object{"domain": name})
}

// ensureRelatedOrigins lets passkeys of the custom domain be used on the
// origins listed (WebAuthn Level 3, "Using Web Authentication across related
// origins").
func (r *run) ensureRelatedOrigins(ctx context.Context) error {
	path := "/api/v1/brands/" + r.brandID + "/well-known-uris/webauthn/customized"
	have, err := r.get(ctx, path)
	if err != nil {
		return err
	}
	want, _ := plain(object{"representation": object{"origins": anyOf(r.options.RelatedOrigins)}}).(object)
	differences := compare("", want, have)
	a := Action{Verb: Create, What: "/.well-known/webauthn", Method: http.MethodPut, Path: path, Differences: differences}
	if have != nil {
		a.Verb = Update
		if len(differences) == 0 {
			r.tell(Action{Step: r.step, Verb: Unchanged, What: a.What})
			return nil
		}
	}
	return r.send(ctx, a, update(have, want), nil)
}

// ensurePage sets the customized sign-in page: backup, preview, and only if
// asked for, publication. A PUT replaces everything, so that settings which are
// not the page's are carried over.
func (r *run) ensurePage(ctx context.Context) error {
	base := "/api/v1/brands/" + r.brandID + "/pages/sign-in/"
	published, err := r.get(ctx, base+"customized")
	if err != nil {
		return err
	}
	want, err := r.pageBody(published)
	if err != nil {
		return err
	}
	full := update(published, want)
	if published != nil && len(compare("", want, published)) == 0 {
		r.tell(Action{Step: r.step, Verb: Unchanged, What: "sign-in page"})
		return nil
	}
	preview, err := r.get(ctx, base+"preview")
	if err != nil {
		return err
	}
	differences := compare("", want, published)
	previewed := preview != nil && len(compare("", full, preview)) == 0
	if !previewed || r.options.Page.Publish {
		if err := r.backUp(ctx, base, published); err != nil {
			return err
		}
	}
	if previewed {
		r.tell(Action{Step: r.step, Verb: Unchanged, What: "sign-in page, preview"})
	} else if err := r.send(ctx, Action{Verb: Update, What: "sign-in page, preview", Method: http.MethodPut, Path: base + "preview", Differences: differences}, full, nil); err != nil {
		return err
	}
	if !r.options.Page.Publish {
		r.note("the page is not published: look at the preview in the Admin Console (Customizations > Brands > Pages > Sign-in page), then publish it there or run this with --publish")
		return nil
	}
	return r.send(ctx, Action{Verb: Update, What: "sign-in page", Method: http.MethodPut, Path: base + "customized", Differences: differences}, full, nil)
}

// pageBody is the page as it shall be, with ids in place. An enforced
// Content-Security-Policy stays enforced.
func (r *run) pageBody(published object) (object, error) {
	idpID := r.idpID
	raw, err := r.options.Page.Body(idpID, r.appID)
	if err != nil {
		return nil, fmt.Errorf("making the page: %w", err)
	}
	var want object
	if err := json.Unmarshal(raw, &want); err != nil || text(want, "pageContent") == "" {
		return nil, errors.New("the page is not the JSON body of a sign-in page: pageContent is missing")
	}
	if policy, ok := want["contentSecurityPolicySetting"].(object); ok && text(published, "contentSecurityPolicySetting", "mode") == "enforced" {
		delete(policy, "mode")
	}
	return want, nil
}

// backUp keeps the page that is there now: the customized one, or else the
// default, which deleting the customized one would bring back as well.
func (r *run) backUp(ctx context.Context, base string, published object) error {
	if r.api == nil {
		return nil
	}
	page := published
	if page == nil {
		var err error
		if page, err = r.get(ctx, base+"default"); err != nil {
			return err
		}
	}
	name := filepath.Join(r.options.Page.BackupDir, "okta-sign-in-page-"+r.brandID+"-"+r.options.Now().UTC().Format("20060102T150405.000Z")+".json")
	if !r.apply {
		r.note("the page that is there now would be kept in " + r.options.Page.BackupDir)
		return nil
	}
	raw, err := json.MarshalIndent(page, "", "  ")
	if err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator's own folder
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	_, err = file.Write(raw)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	r.note("the page that was there is kept in " + name)
	return nil
}
