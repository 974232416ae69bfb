// Package signinpage makes the page that Okta's hosted sign-in shows, with
// Corbado's login component on it.
//
// Okta keeps one page for each brand with a custom domain. It renders it as a
// Mustache template, so the page that Render returns is one: it holds Okta's
// variables, and a script that makes Okta's Sign-In Widget and offers the
// passkey first. The rules that the script keeps:
//
//   - One script makes the widget, listens to it, and then draws it. The
//     component stands outside the widget, where neither generation redraws.
//   - The passkey is offered on the form "identify" only, and mounted once.
//     Okta's form is hidden only while a mounted component takes its place: a
//     script that is blocked, slow or broken, a component that shows nothing
//     within 4 seconds, an error of Okta's or a doubt bring it back.
//   - After a fallback the form stays, with a way back to the passkey.
//   - The signed result goes to Okta's /sso/idps/{id}, encoded, once, and only if
//     it looks like a signed token.
//   - Only the button of Corbado's own provider is hidden.
//   - Script, style and the inline parts carry Okta's nonce, and nothing of it
//     waits for Corbado: a slow CDN does not keep the page blank.
//
// Published versions of the component differ. The documented onComplete passes
// (signedPasskeyData, clientState); an older one passes a session, which the
// page refuses with a message.
//
// Supported: Okta Identity Engine with version 7 of the widget. Older forms, which
// have no name, are known by their controller; that is untried, as is all of this
// against the live services.
package signinpage

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

//go:generate go run ./build

//go:embed dist/signin.js
var script string

//go:embed page.html
var source string

// The delimiters leave Okta's own alone.
var pageTemplate = template.Must(template.New("page").Delims("[[", "]]").Parse(source))

// page is a checked Config.
type page struct {
	settings settings
	// sources are the foreign origins that the page loads from and calls.
	sources []string
}

// settings is what the script reads; see settings.ts. It must stay flat: a
// nested object could end in the two braces that Okta's templates end in.
type settings struct {
	Generation        string   `json:"generation"`
	HandOff           string   `json:"handOff"`
	IDPID             string   `json:"idpId"`
	IDPName           string   `json:"idpName"`
	ProjectID         string   `json:"projectId"`
	FrontendAPISuffix string   `json:"frontendApiUrlSuffix,omitempty"`
	CustomDomain      string   `json:"customDomain,omitempty"`
	Script            string   `json:"script"`
	Style             string   `json:"style,omitempty"`
	Integrity         string   `json:"integrity,omitempty"`
	AppIDs            []string `json:"appIds"`
}

// Render returns the page for Okta's editor, or everything that is wrong with
// the configuration.
func Render(c Config) (string, error) {
	p, err := c.checked()
	if err != nil {
		return "", err
	}
	return p.render()
}

func (p page) render() (string, error) {
	flat, err := json.Marshal(p.settings)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = pageTemplate.Execute(&out, map[string]any{
		"Settings": ascii(flat),
		"SizesG3":  p.settings.Generation != G2,
		"Script":   template.JS(script), //nolint:gosec // our own, embedded
	})
	if err != nil {
		return "", err
	}
	return out.String(), checkTemplating(out.String())
}

// ascii escapes what is not ASCII in a JSON text (RFC 8259 7), so that the page
// means the same under every charset that an editor may save it in.
func ascii(text []byte) string {
	var out strings.Builder
	for _, r := range string(text) {
		if r < 0x80 {
			out.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&out, `\u%04x`, unit)
		}
	}
	return out.String()
}

// variables are Okta's, each as it stands in the page (Okta: Customize the
// sign-in page, "Use variables").
var variables = []string{
	"{{pageTitle}}", "{{themedStylesUrl}}", "{{faviconUrl}}", "{{{SignInWidgetResources}}}", "{{nonceValue}}",
	"{{#useSiwGen3}}", "{{/useSiwGen3}}", "{{bgImageUrl}}", "{{{OktaUtil}}}",
}

var braces = regexp.MustCompile(`\{\{+[^{}]*\}*\}*|\}\}+`)

// checkTemplating makes sure that Okta's template engine finds its variables and
// nothing else, and that the script ends where it should.
func checkTemplating(html string) error {
	for _, found := range braces.FindAllString(html, -1) {
		if !slices.Contains(variables, found) {
			return fmt.Errorf("the page holds %q, which Okta would take for a variable", found)
		}
	}
	if strings.Contains(strings.ToLower(script), "</script") || strings.Contains(script, "<!--") {
		return errors.New("the script holds what would end it within the page")
	}
	for i := range len(html) {
		if html[i] >= 0x80 {
			return fmt.Errorf("the page is not ASCII at byte %d", i)
		}
	}
	return nil
}

// Sources returns the origins that the page loads from and calls, which the
// page's Content-Security-Policy must name.
func Sources(c Config) ([]string, error) {
	p, err := c.checked()
	return p.sources, err
}

// APIBody returns the body of Okta's management API for the page:
// PUT /api/v1/brands/{brandId}/pages/sign-in/customized, or …/preview. The PUT
// replaces everything: whoever has labels there must merge them in first.
func APIBody(c Config) ([]byte, error) {
	p, err := c.checked()
	if err != nil {
		return nil, err
	}
	html, err := p.render()
	if err != nil {
		return nil, err
	}
	var body apiBody
	body.PageContent = html
	body.WidgetVersion = "^7"
	body.WidgetCustomizations.WidgetGeneration = "G2"
	if p.settings.Generation == G3 {
		body.WidgetCustomizations.WidgetGeneration = "G3"
	}
	body.ContentSecurityPolicySetting.Mode = "enforced"
	body.ContentSecurityPolicySetting.SrcList = p.sources
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// apiBody is Okta's "Sign-in page" resource (Okta: Management API, Custom Pages).
type apiBody struct {
	PageContent          string `json:"pageContent"`
	WidgetVersion        string `json:"widgetVersion"`
	WidgetCustomizations struct {
		WidgetGeneration string `json:"widgetGeneration"`
	} `json:"widgetCustomizations"`
	ContentSecurityPolicySetting struct {
		Mode      string   `json:"mode"`
		ReportURI *string  `json:"reportUri"`
		SrcList   []string `json:"srcList"`
	} `json:"contentSecurityPolicySetting"`
}
