package pages

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/answer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

//go:embed html
var html embed.FS

// The pages, by the names of their templates.
const (
	pageAppend    = "append"
	pageList      = "list"
	pageSignOut   = "signout"
	pageSignedOut = "signedout"
	pageProblem   = "problem"
	pageFormKept  = "formkept"
	pageKeptForm  = "keptform"
	pageSignedIn  = "signedin"
	pageFramed    = "framed"
	pageForeign   = "foreign"
)

func parseTemplates() (map[string]*template.Template, error) {
	parsed := make(map[string]*template.Template)
	for _, page := range []string{pageAppend, pageList, pageSignOut, pageSignedOut, pageProblem, pageFormKept, pageKeptForm, pageSignedIn, pageFramed, pageForeign} {
		t, err := template.ParseFS(html, "html/layout.html", "html/"+page+".html")
		if err != nil {
			return nil, fmt.Errorf("page template: %w", err)
		}
		parsed[page] = t
	}
	return parsed, nil
}

// view is what a template gets. It holds no text of the request but a cleaned
// return path, and no token.
type view struct {
	// Page is the template's name, Title the document's.
	Page, Title string
	Brand       brand
	// SignOut and Summary are paths of our routes.
	SignOut, Summary string
	// Styles and Script are URLs of assets; Script may be empty.
	Styles []string
	Script string
	// User is how the signed-in user is addressed; empty for nobody.
	User string
	// Return is the way on, a path on the site.
	Return string
	// Login starts a sign-in that ends at this page.
	Login string
	// Confirm is the way through Okta and back to this page for whoever has to
	// prove again who they are, and Stale tells that they have to.
	Confirm string
	Stale   bool
	// Settings is JSON for the glue.
	Settings string
	// Form is one that waits for a sign-in, and Window a sign-in in a window of its
	// own.
	Form   KeptForm
	Window string
	// Foreign is one that another site posted.
	Foreign ForeignForm
	// Sealed is put where the template says sealedHere: a megabyte that would be
	// copied again and again. It is base64url, of which nothing is to be escaped.
	Sealed string
	// Problem and RequestID are for the problem page.
	Problem   *problem.Problem
	RequestID string
}

// sealedHere is a text that no setting can bring into a page.
const sealedHere = "\ue000sealed\ue000"

func (p *Pages) view(page, title string, s *session.Session) view {
	v := view{
		Page: page, Title: title, Brand: p.brand, SignOut: p.base + route.Logout, Summary: p.base + route.KeptFormSummary, Return: "/",
		Styles: []string{p.assetPath("page.css"), p.assetPath(brandStyle)},
		Login:  p.loginPath("/"),
	}
	if s != nil {
		v.User = s.DisplayName()
	}
	return v
}

// glueSettings is what the glue of a page with the component gets to know.
type glueSettings struct {
	componentSettings
	TokenPath  string `json:"tokenPath"`
	ResultPath string `json:"resultPath"`
	ReturnPath string `json:"returnPath"`
	// Stale tells that no token to add a passkey would be given out.
	Stale bool `json:"stale,omitempty"`
	// User tells one user from another, to the browser only: what the component
	// kept for somebody else is dropped.
	User string `json:"user"`
}

func (p *Pages) glue(s *session.Session, returnPath, resultPath string, stale bool) (string, error) {
	b, err := json.Marshal(glueSettings{
		componentSettings: p.settings,
		TokenPath:         p.base + route.ConnectToken,
		ResultPath:        p.base + resultPath,
		ReturnPath:        returnPath,
		Stale:             stale,
		User:              userKey(s).String(),
	})
	return string(b), err
}

// write renders a page. Nothing of it may be kept by a cache or tell another site
// where the user was; the policy says who may show it in a frame.
func (p *Pages) write(w http.ResponseWriter, r *http.Request, status int, policy string, v view) error {
	var body bytes.Buffer
	if err := p.templates[v.Page].ExecuteTemplate(&body, "layout", v); err != nil {
		return fmt.Errorf("render %s page: %w", v.Page, err)
	}
	h := w.Header()
	answer.Private(h)
	if v.Page == pageKeptForm || v.Page == pageForeign {
		// Browsers say "Origin: null" for a form of a page without referrer.
		h.Set("Referrer-Policy", "same-origin")
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	before, after, _ := bytes.Cut(body.Bytes(), []byte(sealedHere))
	h.Set("Content-Length", strconv.Itoa(len(before)+len(v.Sealed)+len(after)))
	h.Set("Content-Security-Policy", policy)
	// A window that its opener knows may close itself, and one that a payment
	// opened may tell its opener.
	if v.Page != pageSignedIn && v.Page != pageForeign {
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
	switch policy { // for browsers without frame-ancestors
	case p.policies.anyFrame:
	case p.policies.ownFrame, p.policies.repost:
		h.Set("X-Frame-Options", "SAMEORIGIN")
	default:
		h.Set("X-Frame-Options", "DENY")
	}
	h.Set("Permissions-Policy", "publickey-credentials-create=(self), publickey-credentials-get=(self), camera=(), geolocation=(), microphone=(), payment=()")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	// Without the copy that a writer makes of a string.
	sealed := struct{ io.Reader }{strings.NewReader(v.Sealed)}
	_, err := io.Copy(w, io.MultiReader(bytes.NewReader(before), sealed, bytes.NewReader(after)))
	return err
}

// cleanQuery reports whether a page may be shown under the request's query: only
// one return path and nothing else. Otherwise it redirects to the page without
// the rest. The component acts on ?cboSimulate= and ?invitationToken= in the
// page's address, which anybody can put into a link.
func cleanQuery(w http.ResponseWriter, r *http.Request, page string) bool {
	query, err := url.ParseQuery(r.URL.RawQuery)
	returns := query["return"]
	if r.URL.RawQuery == "" || err == nil && len(query) == 1 && len(returns) == 1 {
		return true
	}
	if len(returns) > 0 {
		page += "?return=" + url.QueryEscape(returns[0])
	}
	answer.Private(w.Header())
	http.Redirect(w, r, page, http.StatusSeeOther)
	return false
}
