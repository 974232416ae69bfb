// Package page shows the org's own pages: the sign-in form that works without
// scripts, errors, "signed out", and the form that posts an answer to an app.
//
// Okta draws these with its Sign-In Widget and its error templates. The texts are
// Okta's where it publishes them; the look is the emulator's own, and every page
// says so.
package page

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

//go:embed templates
var templateFiles embed.FS

var pages = template.Must(template.ParseFS(templateFiles, "templates/*.html"))

// Stylesheet is the style of the pages.
func Stylesheet() []byte { return []byte(stylesheet) }

var stylesheet = func() template.CSS {
	css, err := templateFiles.ReadFile("templates/page.css")
	if err != nil {
		panic(err) // the file is embedded
	}
	return template.CSS(css) //nolint:gosec // G203: our own embedded file
}()

// Page is what the templates show. The fields are plain text.
type Page struct {
	Title   string
	OrgName string
	AppName string
	// Message is an alert above the form, or the heading of an error page.
	Message      string
	FieldMessage string
	Lead         string
	ErrorCode    string
	Description  string
	LinkHref     string
	LinkText     string
	// Sign-in page.
	StateToken string
	Identifier string
	Password   bool
	BackHref   string
	// Providers are the buttons "Sign in with …".
	Providers []Link
	// Form post page.
	Action string
	Fields []Field
	// Home page.
	Issuers []string

	Nonce string
	Style template.CSS
	// FormTargets are the origins that a form's answer may redirect to:
	// Chromium holds the CSP's form-action against those redirects too.
	FormTargets []string
	scripts     bool
}

// Link is one link to an identity provider.
type Link struct{ Text, Href string }

// Field is one hidden input.
type Field struct{ Name, Value string }

// Pages shows the pages of an org.
type Pages struct{ org *org.Org }

// New returns the pages of an org.
func New(o *org.Org) *Pages { return &Pages{o} }

// Render shows the page of a template: error, formpost, home, signedout or signin.
func (s *Pages) Render(w http.ResponseWriter, status int, name string, p Page) {
	p.Nonce = org.RandomToken()
	p.OrgName = s.org.Name
	p.Style = stylesheet
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name+".html", p); err != nil {
		s.org.InternalError(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.policy())
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache, no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the client has gone; nobody is left to tell
}

func (p *Page) policy() string {
	forms := "'none'"
	if len(p.FormTargets) > 0 {
		forms = strings.Join(p.FormTargets, " ")
	}
	policy := "default-src 'none'; style-src 'nonce-" + p.Nonce + "'; base-uri 'none'; frame-ancestors 'none'; form-action " + forms
	if p.scripts {
		policy += "; script-src 'nonce-" + p.Nonce + "'"
	}
	return policy
}

// Refuse shows Okta's own 400 page; nothing goes to the app.
func (s *Pages) Refuse(w http.ResponseWriter, clientID string, e *org.OAuthError) {
	s.org.Note(org.Event{Name: org.EventRequestRefused, Client: clientID, Code: e.Code, Detail: e.Description})
	s.Render(w, http.StatusBadRequest, "error", Page{
		Title:       "400",
		Message:     "Bad Request",
		Lead:        "Your request resulted in an error.",
		ErrorCode:   e.Code,
		Description: e.Description,
	})
}

// FormPost sends the answer as a form (OAuth 2.0 Form Post Response Mode).
func (s *Pages) FormPost(w http.ResponseWriter, redirectURI string, values url.Values) {
	p := Page{Title: "Signing in", Action: redirectURI, scripts: true, FormTargets: Origins([]string{redirectURI})}
	for name, v := range values {
		p.Fields = append(p.Fields, Field{name, v[0]})
	}
	slices.SortFunc(p.Fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	s.Render(w, http.StatusOK, "formpost", p)
}

// Origins returns the distinct origins of URIs as CSP sources.
func Origins(uris []string) []string {
	var list []string
	for _, raw := range uris {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" {
			continue
		}
		if origin := u.Scheme + "://" + u.Host; !slices.Contains(list, origin) {
			list = append(list, origin)
		}
	}
	return list
}
