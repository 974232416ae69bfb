package gate

import (
	"fmt"
	"net/textproto"
	"slices"
)

// overrides are the folded names by which apps, frameworks and the servers before
// them let a request have another path or method than its own. An app that
// believes one does what public paths, step-up rules and the method never
// allowed, so they are ours alone like the identity headers.
var overrides = []string{
	// The path, as proxies tell it and frameworks take it over: Symfony, Zend and
	// Laminas on IIS; IIS and Azure; Traefik; Envoy; Next.js.
	"x-original-url", "x-original-uri", "x-original-path", "x-rewrite-url", "x-rewrite-uri", "x-rewrite-path",
	"x-forwarded-uri", "x-forwarded-url", "x-forwarded-path", "x-replaced-path", "x-request-uri", "x-request-path", "x-path-info",
	"x-original-request-uri", "x-original-pathname", "x-override-url", "x-waws-unencoded-url", "x-ms-original-url", "x-http-destinationurl", "x-http-path-override", "x-envoy-original-path",
	"x-matched-path", "x-invoke-path",
	// What the path is relative to: Spring, Traefik and ASP.NET; WSGI.
	"x-forwarded-prefix", "x-forwarded-pathbase", "x-forwarded-context", "x-script-name", "x-forwarded-script-name", "script-name", "path-info", "request-uri",
	// The method.
	"x-http-method-override", "x-http-method", "x-method-override", "x-forwarded-method", "x-original-method", "x-request-method", "request-method", "x-http-verb",
}

// CheckOverride tells why a header is not one that Pass lets through.
func CheckOverride(name string) error {
	folded := fold(name)
	for _, set := range []Identity{Forwarded(), Remote()} {
		if set.sets(folded) {
			return fmt.Errorf("header %q tells the app who the user is (identity) and can come from nobody else", name)
		}
	}
	if !validHeaderName(name) || !slices.Contains(overrides, folded) {
		return fmt.Errorf("header %q is not among those that are deleted because they replace the path or the method (docs/paths.md lists them); it passes as it is", name)
	}
	return nil
}

// Pass lets a header through that is deleted otherwise because it replaces the
// path or the method, in its usual spelling: the app gets what the client says.
// Call it after Carry.
func (h *Headers) Pass(name string) error {
	if err := CheckOverride(name); err != nil {
		return err
	}
	folded := fold(name)
	if h.sets(folded) {
		return fmt.Errorf("header %q is ours in this configuration (identity, assertion or basic_auth) and can come from nobody else", name)
	}
	if h.passed == nil {
		h.passed = make(map[string]struct{})
	}
	h.passed[textproto.CanonicalMIMEHeaderKey(folded)] = struct{}{}
	return nil
}
