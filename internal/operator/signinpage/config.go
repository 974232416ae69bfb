package signinpage

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
)

// The generations of Okta's Sign-In Widget 7 that a page can be made for.
const (
	G2   = "g2"
	G3   = "g3"
	Both = "both"
)

// The ways to hand the signed result to Okta's /sso/idps/{id}.
const (
	// handoffStateToken continues the transaction of the page, as the widget's own
	// buttons do.
	handoffStateToken = "state-token"
	// handoffFromURI runs the request to /authorize again afterwards. The vendor's guide
	// shows this form.
	handoffFromURI = "from-uri"
	// Auto is from-uri, unless the request cannot be run again: with prompt,
	// max_age, request or request_uri, or when it came as a form.
	Auto = "auto"
)

// Config says what the page is made for.
type Config struct {
	// Generation is g2, g3 or both (the default). Both runs on either; Okta is
	// told to use the second, its own default, until it is told otherwise.
	Generation string
	// HandOff is state-token, from-uri or auto (the default).
	HandOff string
	// IDPID is Okta's id of the identity provider that stands for Corbado: 0oa
	// and 17 letters or digits. Required.
	IDPID string
	// IDPName is that provider's name in Okta. The third generation's button is
	// found by nothing else: without the name it stays, and leads nowhere, since
	// it carries no signed data.
	IDPName string
	// ProjectID is Corbado's, like pro-1234567890. Required.
	ProjectID string
	// FrontendAPI is the part of the Frontend API's host after "<project>.", or
	// the full URL of a custom domain. Default: corbado.DefaultFrontendAPI.
	FrontendAPI string
	// ScriptURL and StyleURL are Corbado's. Defaults: what Corbado publishes. With
	// a script of one's own and no style, the page loads no style.
	ScriptURL, StyleURL string
	// SRI is the script's Subresource Integrity, like sha384-…. It needs a script
	// whose content stays, so not the published "latest".
	SRI string
	// AppIDs are the client ids that get the passkey; none means every app of the
	// brand.
	AppIDs []string
}

var (
	oktaID    = regexp.MustCompile(`^0oa[0-9A-Za-z]{17}$`)
	projectID = regexp.MustCompile(`^pro-[0-9]+$`)
	suffix    = regexp.MustCompile(`^[0-9A-Za-z]([0-9A-Za-z.-]*[0-9A-Za-z])?(:[0-9]{1,5})?$`)
	integrity = regexp.MustCompile(`^sha(256|384|512)-([A-Za-z0-9+/]+={0,2})$`)
)

// Check reports everything that is wrong with the configuration, by the shapes
// that Okta and Corbado give their ids. It asks neither of them.
func (c Config) Check() error {
	_, err := c.checked()
	return err
}

// checked fills in the defaults and parses.
func (c Config) checked() (page, error) {
	p := page{settings: settings{
		Generation: orDefault(c.Generation, Both), HandOff: orDefault(c.HandOff, Auto),
		IDPID: c.IDPID, IDPName: c.IDPName, ProjectID: c.ProjectID, Integrity: c.SRI,
		AppIDs: append([]string{}, c.AppIDs...),
	}}
	var wrong []error
	refuse := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if !slices.Contains([]string{G2, G3, Both}, p.settings.Generation) {
		refuse("generation %q is not g2, g3 or both", c.Generation)
	}
	if !slices.Contains([]string{handoffStateToken, handoffFromURI, Auto}, p.settings.HandOff) {
		refuse("hand-off %q is not state-token, from-uri or auto", c.HandOff)
	}
	if !oktaID.MatchString(c.IDPID) {
		refuse("IdP id %q is not one of Okta's: 0oa and 17 letters or digits; it stands in the provider's URL under Security > Identity Providers", c.IDPID)
	}
	if strings.ContainsAny(c.IDPName, "{}") || strings.ContainsFunc(c.IDPName, func(r rune) bool { return r < ' ' }) {
		refuse("IdP name %q has braces or control characters, which Okta's page template cannot hold", c.IDPName)
	}
	if !projectID.MatchString(c.ProjectID) {
		refuse("project id %q is not one of Corbado's: pro- and digits", c.ProjectID)
	}
	for _, id := range c.AppIDs {
		if !oktaID.MatchString(id) {
			refuse("app id %q is not a client id of Okta: 0oa and 17 letters or digits", id)
		}
	}
	wrong = append(wrong, p.setURLs(c)...)
	if err := checkSRI(c.SRI, p.settings.Script); err != nil {
		wrong = append(wrong, err)
	}
	return p, errors.Join(wrong...)
}

// setURLs sets what the page loads and calls, and its origins, which the page's
// Content-Security-Policy must name.
func (p *page) setURLs(c Config) []error {
	script, style := c.ScriptURL, c.StyleURL
	if script == "" {
		script, style = corbado.DefaultScript, orDefault(style, corbado.DefaultStyle)
	}
	p.settings.Script, p.settings.Style = script, style
	api := orDefault(c.FrontendAPI, corbado.DefaultFrontendAPI)
	host := api
	if strings.Contains(api, "://") {
		p.settings.CustomDomain = strings.TrimRight(api, "/")
	} else {
		p.settings.FrontendAPISuffix, host = api, "https://"+c.ProjectID+"."+api
	}
	var wrong []error
	if p.settings.FrontendAPISuffix != "" && !suffix.MatchString(api) {
		wrong = append(wrong, fmt.Errorf("frontend API %q is neither a host suffix like %s nor a full https:// URL", api, corbado.DefaultFrontendAPI))
		host = ""
	}
	for _, one := range []struct{ name, url string }{{"script", script}, {"style", style}, {"frontend API", host}} {
		if one.url == "" {
			continue
		}
		o, err := originOf(one.url)
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Errorf("%s: %w", one.name, err))
		case !slices.Contains(p.sources, o):
			p.sources = append(p.sources, o)
		}
	}
	return wrong
}

// originOf returns the origin of an absolute URL: https, or http on loopback.
func originOf(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("%q is not an absolute URL", raw)
	}
	if u.User != nil || strings.ContainsAny(raw, "{}\"'<> \\") {
		return "", fmt.Errorf("%q has user info or characters that must be percent-encoded", raw)
	}
	o, err := origin.Parse(u.Scheme + "://" + u.Host)
	if err != nil {
		return "", err
	}
	return o.String(), nil
}

func checkSRI(sri, script string) error {
	if sri == "" {
		return nil
	}
	parts := integrity.FindStringSubmatch(sri)
	if parts == nil {
		return fmt.Errorf("integrity %q is not sha256-, sha384- or sha512- and base64", sri)
	}
	sum, err := base64.StdEncoding.DecodeString(parts[2])
	if size := map[string]int{"256": 32, "384": 48, "512": 64}[parts[1]]; err != nil || len(sum) != size {
		return fmt.Errorf("integrity %q is not the base64 of %d bytes", sri, size)
	}
	if !Pinned(script) {
		return fmt.Errorf("integrity with the script %s would stop passkeys at its next release; name a versioned script", script)
	}
	return nil
}

// Pinned reports whether a script's URL names a version. Corbado's "latest"
// changes with each release, without asking.
func Pinned(script string) bool { return !strings.Contains(script, "latest") }

func orDefault(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
