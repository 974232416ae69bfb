package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
)

// browser is a person's: it keeps the site's cookies and follows no redirect by
// itself.
type browser struct {
	*http.Client
	site string // its origin
}

func newBrowser(addr string) (*browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &browser{&http.Client{
		Jar:           jar,
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, "http://" + addr}, nil
}

// open navigates to a URL and returns the status and where the answer leads.
func (b *browser) open(ctx context.Context, target string) (status int, location *url.URL, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return 0, nil, err
	}
	for name, value := range map[string]string{
		"Accept": "text/html", "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
	} {
		req.Header.Set(name, value)
	}
	resp, err := b.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, err
	}
	location, err = resp.Location()
	if errors.Is(err, http.ErrNoLocation) {
		err = nil
		if m := goesOn.FindSubmatch(body); m != nil {
			location, err = url.Parse(html.UnescapeString(string(m[1])))
		}
	}
	return resp.StatusCode, location, err
}

// goesOn finds where the sidecar's page leads that keeps an address's fragment.
var goesOn = regexp.MustCompile(`^<!doctype html><html lang="en" data-to="([^"]*)"`)

// sessionCookies starts the names of the session's cookies; over https there is
// hostPrefix before it.
const sessionCookies = "passkeys-session"

// signIn signs somebody in at the site and returns the session as a Cookie
// header. The sidecar's other cookies on every path are gone within minutes
// after the sign-in, and a session lasts hours.
func (o *org) signIn(ctx context.Context, addr, login string) (cookie string, err error) {
	b, err := newBrowser(addr)
	if err != nil {
		return "", err
	}
	status, authorize, err := b.open(ctx, b.site+appPath)
	if err != nil {
		return "", err
	}
	if authorize == nil || !strings.HasPrefix(authorize.String(), o.server.Issuer()) {
		return "", fmt.Errorf("sign in: the site answered %d and Location %v, not a redirect to Okta", status, authorize)
	}
	callback, err := oktatest.NewBrowser(o.server).SignIn(ctx, authorize.String(), login, password)
	if err != nil {
		return "", err
	}
	status, back, err := b.open(ctx, callback.String())
	if err != nil {
		return "", err
	}
	if back == nil || back.RequestURI() != appPath {
		return "", fmt.Errorf("sign in: the callback answered %d and Location %v, not a redirect to %s", status, back, appPath)
	}
	site, err := url.Parse(b.site + appPath)
	if err != nil {
		return "", err
	}
	var pairs []string
	for _, c := range b.Jar.Cookies(site) {
		if strings.HasPrefix(c.Name, sessionCookies) {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
	}
	return strings.Join(pairs, "; "), nil
}
