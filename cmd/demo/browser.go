package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
)

// userAgent is a browser's, since pages and stand-ins read it.
const userAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36"

// maxHops is how many redirects a browser follows.
const maxHops = 20

// browser is as much of a browser as the journey needs: cookies, redirects,
// forms, and the headers that tell navigations from scripts. It runs no script.
type browser struct {
	client  *http.Client
	jar     *cookiejar.Jar
	witness *witness
	// extra are headers that no browser would send.
	extra http.Header
}

// answer is what came back, with the body read.
type answer struct {
	URL    *url.URL
	Status int
	Header http.Header
	Body   []byte
	// Hops are the addresses that redirects led through, the first one first.
	Hops []*url.URL
}

func newBrowser(w *witness) (*browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{
		Transport: loopbackTransport(), Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &browser{client: client, jar: jar, witness: w}, nil
}

// send sends one request and follows nothing.
func (b *browser) send(ctx context.Context, method, address string, body []byte, headers http.Header) (*answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", userAgent)
	for _, set := range []http.Header{headers, b.extra} {
		maps.Copy(r.Header, set)
	}
	res, err := b.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	b.witness.watch(res)
	content, err := io.ReadAll(res.Body)
	return &answer{URL: r.URL, Status: res.StatusCode, Header: res.Header, Body: content}, err
}

// navigation is what Chromium sends with a top-level navigation.
func navigation(site string) http.Header {
	return http.Header{
		"Accept":         {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
		"Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}, "Sec-Fetch-Site": {site},
	}
}

// open navigates and stays where the first answer is.
func (b *browser) open(ctx context.Context, address string) (*answer, error) {
	return b.send(ctx, http.MethodGet, address, nil, navigation("none"))
}

// visit navigates and follows redirects.
func (b *browser) visit(ctx context.Context, address string) (*answer, error) {
	a, err := b.open(ctx, address)
	return b.follow(ctx, a, err)
}

// submit fills in and sends the page's one form, and follows redirects.
func (b *browser) submit(ctx context.Context, page *answer, fields map[string]string) (*answer, error) {
	f, err := page.form()
	if err != nil {
		return nil, err
	}
	for name, value := range fields {
		if !f.values.Has(name) {
			return nil, fmt.Errorf("the form at %s has no field %s", page.URL.Path, name)
		}
		f.values.Set(name, value)
	}
	headers := navigation("same-origin")
	headers.Set("Content-Type", "application/x-www-form-urlencoded")
	headers.Set("Origin", originOf(page.URL))
	a, err := b.send(ctx, http.MethodPost, f.action.String(), []byte(f.values.Encode()), headers)
	return b.follow(ctx, a, err)
}

// follow goes where redirects lead, and pages that go on by script.
func (b *browser) follow(ctx context.Context, a *answer, err error) (*answer, error) {
	var hops []*url.URL
	for err == nil && a.leads() {
		if len(hops) == maxHops {
			return nil, errors.New("redirects go round in circles")
		}
		var to *url.URL
		if to, err = a.location(); err != nil {
			return nil, err
		}
		hops = append(hops, a.URL)
		site := "same-site"
		if originOf(to) == originOf(a.URL) {
			site = "same-origin"
		}
		a, err = b.send(ctx, http.MethodGet, to.String(), nil, navigation(site))
	}
	if err == nil {
		a.Hops = hops
	}
	return a, err
}

// call is fetch() with JSON, by a script in a page of the given origin.
func (b *browser) call(ctx context.Context, from, method, address string, body any, more ...string) (*answer, error) {
	to, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	site := "same-site"
	if originOf(to) == from {
		site = "same-origin"
	}
	headers := http.Header{
		"Accept":         {"application/json"},
		"Sec-Fetch-Mode": {"cors"}, "Sec-Fetch-Dest": {"empty"}, "Sec-Fetch-Site": {site},
	}
	var content []byte
	if body != nil {
		if content, err = json.Marshal(body); err != nil {
			return nil, err
		}
		headers.Set("Content-Type", "application/json")
	}
	if method != http.MethodGet || site != "same-origin" {
		headers.Set("Origin", from)
	}
	for i := 0; i+1 < len(more); i += 2 {
		headers.Set(more[i], more[i+1])
	}
	return b.send(ctx, method, address, content, headers)
}

// cookie returns a cookie's value, "" for none.
func (b *browser) cookie(origin, name string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	for _, c := range b.jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func originOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

// leads reports whether the browser goes on from here by itself.
func (a *answer) leads() bool {
	return a.Status >= 300 && a.Status < 400 || a.goesOn() != ""
}

// goesOn is where the sidecar's page goes that keeps an address's fragment; ""
// for other pages.
func (a *answer) goesOn() string {
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		return ""
	}
	return a.find("html", "data-to")
}

func (a *answer) location() (*url.URL, error) {
	raw := a.Header.Get("Location")
	if raw == "" {
		raw = a.goesOn()
	}
	if raw == "" {
		return nil, fmt.Errorf("%d from %s without Location", a.Status, a.URL.Path)
	}
	return a.URL.Parse(raw)
}

// at is the answer's path with its query, for reading.
func (a *answer) at() string { return a.URL.RequestURI() }

// json decodes the body.
func (a *answer) json(v any) error {
	if err := json.Unmarshal(a.Body, v); err != nil {
		return fmt.Errorf("%s answers %d and no JSON: %w", a.URL.Path, a.Status, err)
	}
	return nil
}

// code is the error code of the sidecar's JSON answers.
func (a *answer) code() string {
	var e struct{ Error string }
	_ = json.Unmarshal(a.Body, &e) // no JSON is no code
	return e.Error
}

// is checks where the answer came from and its status.
func (a *answer) is(status int, prefix string) error {
	if address := a.URL.String(); !strings.HasPrefix(address, prefix) {
		return fmt.Errorf("the browser is at %s instead of %s", a.URL.Host+a.URL.Path, prefix)
	}
	if a.Status != status {
		return fmt.Errorf("%s answers %d instead of %d", a.URL.Path, a.Status, status)
	}
	return nil
}
