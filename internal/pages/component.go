package pages

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
)

// Component says where Corbado's component and its API are.
type Component struct {
	// ProjectID is Corbado's project: "pro-…".
	ProjectID string
	// FrontendAPI is the suffix after "<ProjectID>.", or a full https URL for a
	// custom domain (http for loopback hosts); empty means corbado.DefaultFrontendAPI.
	FrontendAPI string
	// Scripts and Styles are loaded in their order: https URLs (http for
	// loopback hosts) or paths on the site. Both empty means the defaults.
	Scripts []string
	Styles  []string
}

// componentSettings is what the glue gets to know, as JSON.
type componentSettings struct {
	ProjectID string `json:"projectId"`
	// Exactly one of the two is set: the names are those of the script API.
	FrontendAPISuffix string   `json:"frontendApiUrlSuffix,omitempty"`
	CustomDomain      string   `json:"customDomain,omitempty"`
	Scripts           []string `json:"scripts"`
	Styles            []string `json:"styles"`
}

// component is a checked Component with the origins that a page must allow.
type component struct {
	settings      componentSettings
	apiOrigin     string
	scriptOrigins []string
	styleOrigins  []string
}

var (
	// Both become part of a host name in the Content-Security-Policy.
	projectPattern = regexp.MustCompile(`^[A-Za-z0-9-]{1,63}$`)
	suffixPattern  = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?$`)
)

func newComponent(c Component) (component, error) {
	if !projectPattern.MatchString(c.ProjectID) {
		return component{}, fmt.Errorf("corbado project_id %q does not look like pro-1234567890", c.ProjectID)
	}
	if c.FrontendAPI == "" {
		c.FrontendAPI = corbado.DefaultFrontendAPI
	}
	if len(c.Scripts) == 0 && len(c.Styles) == 0 {
		c.Scripts, c.Styles = []string{corbado.DefaultScript}, []string{corbado.DefaultStyle}
	}
	if len(c.Scripts) == 0 {
		return component{}, fmt.Errorf("corbado components names no script")
	}
	checked := component{settings: componentSettings{
		ProjectID: c.ProjectID, Scripts: c.Scripts, Styles: append([]string{}, c.Styles...),
	}}
	if err := checked.setAPI(c.FrontendAPI); err != nil {
		return component{}, err
	}
	var err error
	if checked.scriptOrigins, err = originsOf(c.Scripts); err != nil {
		return component{}, fmt.Errorf("corbado components: %w", err)
	}
	if checked.styleOrigins, err = originsOf(c.Styles); err != nil {
		return component{}, fmt.Errorf("corbado components: %w", err)
	}
	return checked, nil
}

func (c *component) setAPI(raw string) error {
	if !strings.Contains(raw, "://") {
		if !suffixPattern.MatchString(raw) {
			return fmt.Errorf("corbado frontend_api %q is neither a host suffix like %s nor a full https:// URL", raw, corbado.DefaultFrontendAPI)
		}
		c.settings.FrontendAPISuffix = raw
		c.apiOrigin = "https://" + strings.ToLower(c.settings.ProjectID+"."+raw)
		return nil
	}
	o, err := originOf(raw)
	if err != nil {
		return fmt.Errorf("corbado frontend_api: %w", err)
	}
	c.settings.CustomDomain = strings.TrimRight(raw, "/")
	c.apiOrigin = o
	return nil
}

// originsOf returns the foreign origins among URLs, each once.
func originsOf(urls []string) ([]string, error) {
	var origins []string
	seen := map[string]bool{"": true}
	for _, raw := range urls {
		if isSitePath(raw) {
			continue
		}
		o, err := originOf(raw)
		if err != nil {
			return nil, err
		}
		if !seen[o] {
			seen[o] = true
			origins = append(origins, o)
		}
	}
	return origins, nil
}

// originOf returns the origin of an absolute URL: https, or http on loopback.
func originOf(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%q is not a plain https:// URL", raw)
	}
	o, err := origin.Parse(u.Scheme + "://" + u.Host)
	if err != nil {
		return "", err
	}
	// A host of a Content-Security-Policy is letters, digits, dots and hyphens
	// (CSP level 3, host-source); anything else would end the directive.
	if strings.ContainsAny(o.Host, " ;,'\"*") {
		return "", fmt.Errorf("%q has a host that no browser accepts", raw)
	}
	return o.String(), nil
}

// isSitePath reports whether raw is an absolute path on the site itself.
func isSitePath(raw string) bool {
	return strings.HasPrefix(raw, "/") && !strings.HasPrefix(raw, "//") && !strings.ContainsAny(raw, "\\ \t\r\n")
}
