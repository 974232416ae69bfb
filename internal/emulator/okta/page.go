package okta

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

//go:embed widget templates/page.css
var widgetFiles embed.FS

//go:embed templates
var templateFiles embed.FS

var pages = template.Must(template.ParseFS(templateFiles, "templates/*.html"))

var stylesheet = func() template.CSS {
	css, err := templateFiles.ReadFile("templates/page.css")
	if err != nil {
		panic(err) // the file is embedded
	}
	return template.CSS(css) //nolint:gosec // G203: our own embedded file
}()

// page is what the templates show. The fields are plain text.
type page struct {
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
	Providers []link
	// Form post page.
	Action string
	Fields []field
	// Home page.
	Issuers []string

	Nonce string
	Style template.CSS
	// formTargets are the origins that a form's answer may redirect to:
	// Chromium holds the CSP's form-action against those redirects too.
	formTargets []string
	scripts     bool
}

// link is one link to an identity provider.
type link struct{ Text, Href string }

// field is one hidden input.
type field struct{ Name, Value string }

func (s *Server) render(w http.ResponseWriter, status int, name string, p page) {
	p.Nonce = randomToken()
	p.OrgName = s.config.OrgName
	p.Style = stylesheet
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name+".html", p); err != nil {
		s.internalError(w, err)
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

func (p *page) policy() string {
	forms := "'none'"
	if len(p.formTargets) > 0 {
		forms = strings.Join(p.formTargets, " ")
	}
	policy := "default-src 'none'; style-src 'nonce-" + p.Nonce + "'; base-uri 'none'; frame-ancestors 'none'; form-action " + forms
	if p.scripts {
		policy += "; script-src 'nonce-" + p.Nonce + "'"
	}
	return policy
}

// renderSignIn shows the customised page, or the form of a transaction's step.
func (s *Server) renderSignIn(w http.ResponseWriter, t transaction) {
	if custom := s.signInPage.get(); custom.Template != "" {
		s.renderCustomPage(w, custom, t)
		return
	}
	p := page{
		Title:        "Sign In",
		AppName:      t.request.client.Name,
		Message:      t.message,
		FieldMessage: t.fieldMessage,
		StateToken:   t.stateToken,
		Identifier:   t.identifier,
		Password:     t.step == stepPassword,
		BackHref:     signInURL(t.stateToken) + "&step=identify",
		formTargets:  append([]string{"'self'"}, origins(t.request.client.RedirectURIs)...),
	}
	if p.Password {
		p.Title = "Verify with your password"
	} else {
		for _, idp := range s.idps.route(t.request.client.ID).providers {
			p.Providers = append(p.Providers, link{"Sign in with " + idp.Name, ssoURL(idp.ID, t.stateToken)})
		}
	}
	s.render(w, http.StatusOK, "signin", p)
}

// renderFormPost sends the answer as a form (OAuth 2.0 Form Post Response Mode).
func (s *Server) renderFormPost(w http.ResponseWriter, redirectURI string, values url.Values) {
	p := page{Title: "Signing in", Action: redirectURI, scripts: true, formTargets: origins([]string{redirectURI})}
	for name, v := range values {
		p.Fields = append(p.Fields, field{name, v[0]})
	}
	slices.SortFunc(p.Fields, func(a, b field) int { return strings.Compare(a.Name, b.Name) })
	s.render(w, http.StatusOK, "formpost", p)
}

// serveHome says what this is, for somebody who opens the host by hand. Okta's
// widget sends users here when their sign-in has expired ("Back to sign in"),
// so it offers the last one again.
func (s *Server) serveHome(w http.ResponseWriter, r *http.Request) {
	p := page{Title: "Okta emulator"}
	for _, iss := range slices.Backward(s.issuers) {
		p.Issuers = append(p.Issuers, iss.url)
	}
	if t, ok := s.transactions.latest(deviceOf(r)); ok {
		p.LinkHref, p.LinkText = t.restart, "Sign in to "+t.request.client.Name
	}
	s.render(w, http.StatusOK, "home", p)
}

// origins returns the distinct origins of URIs as CSP sources.
func origins(uris []string) []string {
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
