package signin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// Generations of the Sign-In Widget (Okta: Brands API, widgetGeneration).
const (
	WidgetG2 = "G2"
	WidgetG3 = "G3"
)

// Modes of the page's content security policy.
const (
	PolicyEnforced   = "enforced"
	PolicyReportOnly = "report_only"
)

// maxSources is how many sources Okta takes in a page's srcList.
const maxSources = 20

// SignInPage is the brand's customised sign-in page (Okta: Brands API,
// pages/sign-in/customized).
type SignInPage struct {
	// Template is pageContent, HTML with Okta's Mustache variables. Empty shows
	// the emulator's own page, which works without scripts.
	Template string
	// Generation is WidgetG2 (default, as at Okta) or WidgetG3.
	Generation string
	// PolicyMode is PolicyEnforced (default) or PolicyReportOnly.
	PolicyMode string
	// Sources are allowed by every directive of the policy: origins, at most 20.
	Sources []string
}

func (p SignInPage) clone() SignInPage {
	p.Sources = slices.Clone(p.Sources)
	return p
}

func (p *SignInPage) fill() error {
	if p.Generation == "" {
		p.Generation = WidgetG2
	}
	if p.PolicyMode == "" {
		p.PolicyMode = PolicyEnforced
	}
	switch {
	case p.Generation != WidgetG2 && p.Generation != WidgetG3:
		return fmt.Errorf("okta emulator: sign-in page: unknown widget generation %q", p.Generation)
	case p.PolicyMode != PolicyEnforced && p.PolicyMode != PolicyReportOnly:
		return fmt.Errorf("okta emulator: sign-in page: unknown policy mode %q", p.PolicyMode)
	case len(p.Sources) > maxSources:
		return fmt.Errorf("okta emulator: sign-in page: %d sources, but %d is the most", len(p.Sources), maxSources)
	}
	for _, source := range p.Sources {
		u, err := url.Parse(source)
		if err != nil || u.Host == "" || strings.ContainsAny(source, "; ,'\"\r\n\t") {
			return fmt.Errorf("okta emulator: sign-in page: source %q is not a URL", source)
		}
	}
	_, err := mustache(p.Template, nil, nil)
	return err
}

// policy is the Content-Security-Policy of the page. Widgets leave the page by
// a form, and Chromium holds form-action against where that leads in the end,
// so like Okta's there is no form-action.
func (p *SignInPage) policy(nonce string) string {
	more := ""
	if len(p.Sources) > 0 {
		more = " " + strings.Join(p.Sources, " ")
	}
	return strings.Join([]string{
		"default-src 'self'" + more,
		"script-src 'nonce-" + nonce + "' 'self'" + more,
		"style-src 'nonce-" + nonce + "' 'self'" + more,
		"img-src 'self' data:" + more,
		"font-src 'self' data:" + more,
		"connect-src 'self'" + more,
		"object-src 'none'",
		"base-uri 'none'",
		"frame-ancestors 'self'",
	}, "; ")
}

// pageSetting holds the page that is published.
type pageSetting struct {
	mu   sync.Mutex
	page SignInPage
}

func (s *pageSetting) get() SignInPage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.page.clone()
}

// SignInPage returns the published sign-in page.
func (s *SignIn) SignInPage() SignInPage { return s.page.get() }

// SetSignInPage publishes a sign-in page; the zero value brings the emulator's
// own back. The error names what is wrong with it, and nothing changes.
func (s *SignIn) SetSignInPage(p SignInPage) error {
	if err := p.fill(); err != nil {
		return err
	}
	s.page.mu.Lock()
	defer s.page.mu.Unlock()
	s.page.page = p.clone()
	return nil
}

// renderCustomPage fills the template for a sign-in.
func (s *SignIn) renderCustomPage(w http.ResponseWriter, custom SignInPage, t Transaction) {
	nonce := org.RandomToken()
	util, err := s.oktaUtil(t, nonce)
	if err != nil {
		s.org.InternalError(w, err)
		return
	}
	body, err := mustache(custom.Template, map[string]string{
		"SignInWidgetResources": s.widgetResources(custom.Generation, nonce),
		"OktaUtil":              util,
		"nonceValue":            nonce,
		"pageTitle":             s.org.Name + " - Sign In",
		"orgName":               s.org.Name,
		"orgLogo":               "",
		"themedStylesUrl":       s.org.PublicURL + widgetPath + "emulator/page.css",
		"faviconUrl":            s.org.PublicURL + "/favicon.ico",
		"bgImageUrl":            "none",
	}, map[string]bool{"useSiwGen3": custom.Generation == WidgetG3})
	if err != nil {
		s.org.InternalError(w, errors.New("sign-in page: "+err.Error()))
		return
	}
	name := "Content-Security-Policy"
	if custom.PolicyMode == PolicyReportOnly {
		name = "Content-Security-Policy-Report-Only"
	}
	h := w.Header()
	h.Set(name, custom.policy(nonce))
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache, no-store")
	_, _ = w.Write([]byte(withNote(body, nonce))) // the client has gone; nobody is left to tell
}
