// Package oktatest runs the Okta emulator in tests and drives its sign-in page
// the way a browser without scripts does.
package oktatest

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/testkit/keys"
)

// Start serves an emulator on a loopback port until the test ends. The config's
// PublicURL is set to that listener's, and its keys are lent, unless they are given.
func Start(tb testing.TB, config okta.Config) *okta.Server {
	tb.Helper()
	web := httptest.NewUnstartedServer(nil)
	if config.PublicURL == "" {
		config.PublicURL = "http://" + web.Listener.Addr().String()
	}
	if config.NewKey == nil {
		config.NewKey = keys.Lend(tb)
	}
	server, err := okta.New(config)
	if err != nil {
		web.Close()
		tb.Fatal(err)
	}
	web.Config.Handler = server
	web.Start()
	tb.Cleanup(web.Close)
	return server
}

// Browser is a cookie jar and a client that stays on one emulator: a redirect
// to another origin, or to a path it was told to stop at, is not followed.
type Browser struct {
	Client *http.Client
	okta   string
}

// NewBrowser makes a browser with no cookies for an emulator.
func NewBrowser(server *okta.Server) *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // never fails without options
	}
	b := &Browser{okta: server.OrgIssuer()}
	b.Client = &http.Client{
		Jar: jar,
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > 10 {
				return errors.New("oktatest: more than 10 redirects")
			}
			if req.URL.Scheme+"://"+req.URL.Host != b.okta {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
	return b
}

// Page is an answer that has been read.
type Page struct {
	Status   int
	Header   http.Header
	URL      *url.URL
	Body     string
	Location *url.URL // of a redirect that was not followed, else nil
}

// Alert is the text of the page's role=alert element, or "".
func (p *Page) Alert() string {
	m := alertForm.FindStringSubmatch(p.Body)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(html.UnescapeString(tagForm.ReplaceAllString(m[1], "")))
}

// StateToken is the transaction of the sign-in form on the page, or of a
// customised page's OktaUtil, or "".
func (p *Page) StateToken() string {
	m := stateTokenForm.FindStringSubmatch(p.Body)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

var (
	alertForm      = regexp.MustCompile(`(?s)role="alert">(.*?)</(?:div|p)>`)
	tagForm        = regexp.MustCompile(`<[^>]*>`)
	stateTokenForm = regexp.MustCompile(`(?:name="stateToken" value="|"stateToken":")([^"]+)"`)
)

// Get fetches a page.
func (b *Browser) Get(ctx context.Context, target string) (*Page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, err
	}
	return b.do(req)
}

// Post sends a form.
func (b *Browser) Post(ctx context.Context, target string, form url.Values) (*Page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(req)
}

func (b *Browser) do(req *http.Request) (*Page, error) {
	res, err := b.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	p := &Page{Status: res.StatusCode, Header: res.Header, URL: res.Request.URL, Body: string(body)}
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		p.Location, err = res.Location()
	}
	return p, err
}

// Identify sends the user name from a sign-in page.
func (b *Browser) Identify(ctx context.Context, page *Page, login string) (*Page, error) {
	return b.Post(ctx, b.okta+"/signin/identify", url.Values{
		"stateToken": {page.StateToken()}, "identifier": {login},
	})
}

// Verify sends the password from a password page.
func (b *Browser) Verify(ctx context.Context, page *Page, password string) (*Page, error) {
	return b.Post(ctx, b.okta+"/signin/verify", url.Values{
		"stateToken": {page.StateToken()}, "credentials.passcode": {password},
	})
}

// SignIn opens an authorize URL, signs in if asked to, and returns the callback
// URL that Okta sends the browser to, which is not fetched. The error names
// where it got stuck.
func (b *Browser) SignIn(ctx context.Context, authorizeURL, login, password string) (*url.URL, error) {
	page, err := b.Get(ctx, authorizeURL)
	if err != nil {
		return nil, err
	}
	if page.Location != nil {
		return page.Location, nil
	}
	if page, err = b.Identify(ctx, page, login); err != nil {
		return nil, err
	}
	if page, err = b.Verify(ctx, page, password); err != nil {
		return nil, err
	}
	if page.Location == nil {
		return nil, fmt.Errorf("oktatest: stuck at %s with status %d: %s", page.URL.Path, page.Status, page.Alert())
	}
	return page.Location, nil
}
