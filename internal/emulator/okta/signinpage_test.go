package okta_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

// testPage has every variable of Okta's default template.
const testPage = `<!DOCTYPE html><html><head><title>{{pageTitle}}</title>
<link href="{{themedStylesUrl}}" rel="stylesheet"><link rel="shortcut icon" href="{{faviconUrl}}">
{{{SignInWidgetResources}}}<style nonce="{{nonceValue}}">{{#useSiwGen3}}html{font-size:87.5%}{{/useSiwGen3}}
#bg{background-image:{{bgImageUrl}}}</style></head><body><div id="okta-login-container"></div>
{{{OktaUtil}}}<script nonce="{{nonceValue}}">var x=1;</script></body></html>`

func custom(t *testing.T, edit func(*okta.SignInPage)) *rp {
	t.Helper()
	p := start(t, nil)
	page := okta.SignInPage{Template: testPage, Sources: []string{"https://cdn.test"}}
	if edit != nil {
		edit(&page)
	}
	if err := p.SetSignInPage(page); err != nil {
		t.Fatal(err)
	}
	return p
}

var nonceForm = regexp.MustCompile(`nonce="([^"]*)"`)

func TestCustomPageIsRenderedUnderItsPolicy(t *testing.T) {
	p := custom(t, nil)
	page := p.openSignIn(t)
	policy := page.Header.Get("Content-Security-Policy")
	nonces := nonceForm.FindAllStringSubmatch(page.Body, -1)
	if len(nonces) < 4 {
		t.Fatalf("%d nonces in %s", len(nonces), page.Body)
	}
	for _, n := range nonces {
		if n[1] != nonces[0][1] || !strings.Contains(policy, "script-src 'nonce-"+n[1]+"' 'self' https://cdn.test;") {
			t.Errorf("nonce %q and policy %q", n[1], policy)
		}
	}
	if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'self'") || page.Header.Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("policy %q", policy)
	}
	for _, want := range []string{"<title>Acme - Sign In</title>", "window.OktaUtil", "emulator/okta-sign-in.js", `data-generation="G2"`, `"stateToken":"02.id.`} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page.Body, "{{") || strings.Contains(page.Body, "87.5%") {
		t.Error("tags are left, or a section of generation 3 is shown")
	}
	if again := p.openSignIn(t); again.Header.Get("Content-Security-Policy") == policy {
		t.Error("two pages share a nonce")
	}
	if back, err := p.browser.SignIn(t.Context(), p.authorizeURL(), alice, password); err != nil || back.Query().Get("code") == "" {
		t.Errorf("sign-in without scripts: %v, %v", back, err)
	}
}

// A page of the operator's looks like Okta's: it has to say that it is not.
func TestCustomPageSaysThatItIsTheEmulators(t *testing.T) {
	const label = "Okta emulator &ndash; demo only"
	for name, tc := range map[string]struct{ template, want string }{
		"before the end of the body": {testPage, label + "</p>\n</body></html>"},
		"the last end counts":        {"<!-- </body> --><p>x</p></BODY ></html>", "<p>x</p><style nonce="},
		"a page without a body":      {"<p>x</p>", label + "</p>\n"},
	} {
		p := custom(t, func(s *okta.SignInPage) { s.Template = tc.template })
		page, err := p.browser.Get(t.Context(), p.authorizeURL())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(page.Body, label) != 1 || !strings.Contains(page.Body, tc.want) {
			t.Errorf("%s: %s", name, page.Body)
		}
		nonce := regexp.MustCompile(`<style nonce="([^"]+)">#okta-emulator-note`).FindStringSubmatch(page.Body)
		if nonce == nil || !strings.Contains(page.Header.Get("Content-Security-Policy"), "style-src 'nonce-"+nonce[1]+"'") {
			t.Errorf("%s: the policy does not allow the note's style", name)
		}
		if strings.Contains(page.Body, " style=") {
			t.Errorf("%s: a style attribute, which the policy refuses", name)
		}
	}
	p := start(t, nil)
	if page := p.openSignIn(t); strings.Contains(page.Body, "okta-emulator-note") {
		t.Error("the emulator's own page says it twice")
	}
}

// A login hint must not break out of the script that OktaUtil is.
func TestCustomPageEscapesTheLoginHint(t *testing.T) {
	p := custom(t, nil)
	evil := `</script><script>alert(1)</script>`
	page, err := p.browser.Get(t.Context(), p.authorizeURL()+"&login_hint="+url.QueryEscape(evil))
	if err != nil || strings.Contains(page.Body, evil) || strings.Contains(page.Body, "<script>alert") {
		t.Errorf("the hint is in the page: %v", err)
	}
}

func TestCustomPageGenerationThreeAndReportOnly(t *testing.T) {
	p := custom(t, func(s *okta.SignInPage) { s.Generation, s.PolicyMode = okta.WidgetG3, okta.PolicyReportOnly })
	page := p.openSignIn(t)
	if !strings.Contains(page.Body, "87.5%") || !strings.Contains(page.Body, `data-generation="G3"`) {
		t.Error("generation 3 is not served")
	}
	if page.Header.Get("Content-Security-Policy") != "" || page.Header.Get("Content-Security-Policy-Report-Only") == "" {
		t.Errorf("headers %v", page.Header)
	}
	if err := p.SetSignInPage(okta.SignInPage{}); err != nil {
		t.Fatal(err)
	}
	if page = p.openSignIn(t); strings.Contains(page.Body, "OktaUtil") {
		t.Error("the custom page is still there")
	}
}

func TestBadSignInPagesAreRefused(t *testing.T) {
	p := custom(t, nil)
	for name, page := range map[string]okta.SignInPage{
		"open tag":         {Template: "{{pageTitle"},
		"open section":     {Template: "{{#useSiwGen3}}x"},
		"stray end":        {Template: "x{{/useSiwGen3}}"},
		"crossed sections": {Template: "{{#a}}{{^b}}{{/a}}{{/b}}"},
		"script braces":    {Template: "<script>var a={b:{{}}};</script>"},
		"partial":          {Template: "{{>header}}"},
		"generation":       {Generation: "G4"},
		"mode":             {PolicyMode: "off"},
		"policy injection": {Sources: []string{"https://a.test; script-src *"}},
		"keyword source":   {Sources: []string{"'unsafe-inline'"}},
		"too many":         {Sources: slices.Repeat([]string{"https://a.test"}, 21)},
	} {
		if err := p.SetSignInPage(page); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if got := p.SignInPage(); got.Template != testPage {
		t.Error("a refused page replaced the good one")
	}
}

func TestTemplateLanguage(t *testing.T) {
	p := custom(t, func(s *okta.SignInPage) {
		s.Template = "{{orgName}}|{{{orgName}}}|{{&orgName}}|{{! no }}|{{unknown}}|{{^useSiwGen3}}two{{/useSiwGen3}}{{#useSiwGen3}}{{#x}}a{{/x}}{{/useSiwGen3}}"
	})
	page, err := p.browser.Get(t.Context(), p.authorizeURL())
	if err != nil || !strings.HasPrefix(page.Body, "Acme|Acme|Acme|||two<style") {
		t.Errorf("%q, %v", page.Body, err)
	}
}

func TestRealWidgetIsServedFromItsFolder(t *testing.T) {
	p := start(t, func(c *okta.Config) {
		c.WidgetFiles = fstest.MapFS{"js/okta-sign-in.min.js": {Data: []byte("//g2")}, "js/okta-sign-in.next.js": {Data: []byte("//g3")}}
		c.SignInPage = okta.SignInPage{Template: testPage, Generation: okta.WidgetG3}
	})
	if page := p.openSignIn(t); !strings.Contains(page.Body, "js/okta-sign-in.next.js") || strings.Contains(page.Body, "emulator/okta-sign-in") {
		t.Error("the page does not name the real widget")
	}
	for path, want := range map[string]int{
		"js/okta-sign-in.next.js": 200, "js/none.js": 404, "emulator/okta-sign-in.js": 200, "emulator/page.css": 200,
		"": 404, "js/": 404, "emulator/": 404, "emulator/signin.html": 404,
	} {
		page, err := p.browser.Get(t.Context(), p.OrgIssuer()+"/assets/okta-signin-widget/"+path)
		if err != nil || page.Status != want {
			t.Errorf("%q: status %d, %v", path, page.Status, err)
		}
	}
	p.set(t, okta.Fault{Name: okta.FaultFailWidget, Times: 1})
	page, err := p.browser.Get(t.Context(), p.OrgIssuer()+"/assets/okta-signin-widget/js/okta-sign-in.min.js")
	if err != nil || page.Status != http.StatusInternalServerError {
		t.Errorf("fault: status %d, %v", page.Status, err)
	}
}
