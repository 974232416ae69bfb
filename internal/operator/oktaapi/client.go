// Package oktaapi is a client of Okta's management API (/api/v1), as far as a set-up
// needs it: JSON in and out, typed errors, pages of a list, rate limits.
//
// It stands on net/http. Okta's own SDK is a thousand files for a handful of calls.
//
// Source: Okta: Core API reference, "Design principles" (errors, pagination,
// rate limits) and "Authentication" (SSWS and OAuth 2.0 bearer tokens).
package oktaapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

// Timeout limits one call, answer included.
const Timeout = 30 * time.Second

// maxPages bounds a list: 100 pages of 200 are more than any list that is read here.
const maxPages = 100

// Scheme is how a token is presented.
type Scheme string

// The schemes that Okta takes.
const (
	// SSWS is for an API token, made in the Admin Console under Security > API > Tokens.
	SSWS Scheme = "SSWS"
	// Bearer is for an access token of an API services app, with okta.* scopes.
	Bearer Scheme = "Bearer"
)

// Config says which org to talk to, and as whom.
type Config struct {
	// OrgURL is https://<org>.okta.com: not the -admin host, not a custom domain.
	OrgURL string
	Scheme Scheme // default: SSWS
	Token  secret.Value
	// Hide lists further secrets that must not appear in an error, should the
	// org repeat one.
	Hide []secret.Value
	// HTTP sends the requests. Default: a client with Timeout.
	HTTP *http.Client
	// Now and Sleep are the clock of the rate limit. Defaults: the real one.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
	// Waiting is told before a wait for the rate limit. May be nil.
	Waiting func(time.Duration)
}

// Client calls one org. It is safe for concurrent use.
type Client struct {
	config Config
	base   origin.Origin
}

// New checks the configuration. The error names the setting and the fix.
func New(config Config) (*Client, error) {
	base, err := origin.Parse(config.OrgURL)
	if err != nil {
		return nil, fmt.Errorf("org URL: %w", err)
	}
	if name, _, _ := strings.Cut(base.Host, "."); strings.HasSuffix(name, "-admin") {
		return nil, fmt.Errorf("org URL: %s is the Admin Console; use the host without -admin", base.Host)
	}
	if config.Scheme == "" {
		config.Scheme = SSWS
	}
	if config.Scheme != SSWS && config.Scheme != Bearer {
		return nil, fmt.Errorf("token scheme %q: want %s or %s", config.Scheme, SSWS, Bearer)
	}
	if config.Token.IsZero() {
		return nil, errors.New("no token for Okta's management API")
	}
	if strings.ContainsFunc(config.Token.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the token has a blank, a line break or another character that no token has")
	}
	if config.HTTP == nil {
		config.HTTP = outbound.NewClient(Timeout)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Sleep == nil {
		config.Sleep = sleep
	}
	if config.Waiting == nil {
		config.Waiting = func(time.Duration) {}
	}
	return &Client{config: config, base: base}, nil
}

// Do makes one call. path starts with /api/v1/. in is sent as JSON unless it is
// nil; the answer is read into out unless that is nil. A refusal is an *Error.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	_, err := c.call(ctx, method, path, in, out)
	return err
}

// List gets every page of a list (Okta: "Pagination", the Link header).
func (c *Client) List(ctx context.Context, path string) ([]json.RawMessage, error) {
	var all []json.RawMessage
	for range maxPages {
		var page []json.RawMessage
		header, err := c.call(ctx, http.MethodGet, path, nil, &page)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		next, ok := nextPage(header)
		if !ok {
			return all, nil
		}
		following, err := c.ownPath(next)
		if err != nil {
			return nil, fmt.Errorf("GET %s: next page: %w", path, err)
		}
		path = following
	}
	return nil, fmt.Errorf("GET %s: more than %d pages", path, maxPages)
}

// ownPath keeps the token at its org: a link to another host is not followed.
func (c *Client) ownPath(link string) (string, error) {
	u, err := url.Parse(link)
	if err != nil {
		return "", errors.New("not a URL")
	}
	if got, err := origin.Parse(u.Scheme + "://" + u.Host); err != nil || got != c.base {
		return "", fmt.Errorf("leads to another host, %s", u.Host)
	}
	return u.RequestURI(), nil
}

// call sends a request, and again after the rate limit's reset. A 429 was not
// performed, so that a repeated POST makes nothing twice.
func (c *Client) call(ctx context.Context, method, path string, in, out any) (http.Header, error) {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	for attempt := 0; ; attempt++ {
		header, err := c.once(ctx, method, path, body, out)
		wait, again := c.retryAfter(err, header, attempt)
		if !again {
			return header, err
		}
		c.config.Waiting(wait)
		if err := c.config.Sleep(ctx, wait); err != nil {
			return nil, fmt.Errorf("%s %s: waiting for the rate limit: %w", method, path, err)
		}
	}
}

func (c *Client) once(ctx context.Context, method, path string, body []byte, out any) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.base.String()+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s %s: not a path", method, path)
	}
	req.Header.Set("Authorization", string(c.config.Scheme)+" "+c.config.Token.Reveal())
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.config.HTTP.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: reading the answer: %w", method, path, err)
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return res.Header, c.refusal(method, path, res.StatusCode, raw)
	}
	if out == nil {
		return res.Header, nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return nil, fmt.Errorf("%s %s: the answer is not the JSON that was expected; is %s an Okta org?", method, path, c.base.Host)
	}
	return res.Header, nil
}

// nextPage finds the link with rel="next" (RFC 8288).
func nextPage(header http.Header) (string, bool) {
	for _, value := range header.Values("Link") {
		for link := range strings.SplitSeq(value, ",") {
			target, params, ok := strings.Cut(link, ";")
			target = strings.TrimSpace(target)
			if ok && strings.Contains(params, `rel="next"`) && strings.HasPrefix(target, "<") && strings.HasSuffix(target, ">") {
				return target[1 : len(target)-1], true
			}
		}
	}
	return "", false
}
