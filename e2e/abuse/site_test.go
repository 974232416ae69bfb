package abuse

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/e2e/demo"
)

// account is a user of the demo.
type account struct{ id, login, password string }

var (
	alice = account{"00ualice000000000001", "alice@acme.test", "correct horse"}
	bob   = account{"00ubob00000000000001", "bob@acme.test", "battery staple"}
)

// site is a demo under attack.
type site struct {
	*demo.Demo
	t *testing.T
}

// of is the site in the hands of another test.
func (s site) of(t *testing.T) site {
	t.Helper()
	return site{s.Demo, t}
}

// parse parses an address that must be one.
func (s site) parse(raw string) *url.URL {
	s.t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

// start starts a demo of the test's own. Its settings are further lines of the
// passkeys block.
func start(t *testing.T, settings string) site {
	t.Helper()
	return site{demo.Start(t, "--plain-signin", "--enroll", "never", "--settings", settings), t}
}

// client is a program with a cookie jar that does as it is told: it follows no
// redirect by itself.
type client struct {
	t    *testing.T
	site site
	http *http.Client
	// protocol is what it speaks to a secure site, "" for HTTP/1.1.
	protocol string
}

func (s site) client() *client {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &client{t: s.t, site: s, http: &http.Client{
		Jar: jar, Timeout: 20 * time.Second, Transport: s.Transport(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is a response, read to its end.
type answer struct {
	*http.Response
	body string
}

// send sends one request; headers come in pairs.
func (c *client) send(method, target, body string, headers ...string) answer {
	c.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = c.site.App + target
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.http.Do(r) //nolint:bodyclose // read closes it
	if err != nil {
		c.t.Fatal(err)
	}
	return read(c.t, res)
}

func read(t *testing.T, res *http.Response) answer {
	t.Helper()
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	return answer{res, string(body)}
}

// browse is a person's navigation, which may be sent to sign in.
func (c *client) browse(target string, headers ...string) answer {
	c.t.Helper()
	return c.send(http.MethodGet, target, "", append([]string{
		"Accept", "text/html,*/*;q=0.8", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "none",
	}, headers...)...)
}

// follow goes where answers send the browser, to the last of them.
func (c *client) follow(a answer) answer {
	c.t.Helper()
	for hops := 0; ; hops++ {
		if hops == 20 {
			c.t.Fatalf("a redirect loop at %s", a.Request.URL.Redacted())
		}
		next, there := c.next(a)
		if !there {
			return a
		}
		a = c.browse(next.String())
	}
}

// beforeOkta is the page that keeps a fragment on the way to Okta.
var beforeOkta = regexp.MustCompile(`<html lang="en" data-to="([^"]+)"`)

// next is where an answer sends the browser, by redirect or by its script.
func (c *client) next(a answer) (to *url.URL, there bool) {
	c.t.Helper()
	if page := beforeOkta.FindStringSubmatch(a.body); page != nil {
		return c.site.parse(html.UnescapeString(page[1])), true
	}
	if a.StatusCode/100 != 3 {
		return nil, false
	}
	to, err := a.Location()
	if err != nil {
		c.t.Fatal(err)
	}
	return to, true
}

var (
	formAction = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
	formState  = regexp.MustCompile(`name="stateToken" value="([^"]+)"`)
)

// signIn signs a person in at Okta's page, starting at a path of the site, and
// returns where that ends.
func (c *client) signIn(who account, from string) answer {
	c.t.Helper()
	a := c.follow(c.browse(from))
	for _, field := range []url.Values{{"identifier": {who.login}}, {"credentials.passcode": {who.password}}} {
		a = c.submit(a, field)
	}
	return a
}

// submit fills in the form of Okta's page.
func (c *client) submit(page answer, field url.Values) answer {
	c.t.Helper()
	action, state := formAction.FindStringSubmatch(page.body), formState.FindStringSubmatch(page.body)
	if action == nil || state == nil {
		c.t.Fatalf("%s (%s) is no sign-in form:\n%s", page.Request.URL.Path, page.Status, page.body)
	}
	target, err := page.Request.URL.Parse(action[1])
	if err != nil {
		c.t.Fatal(err)
	}
	field.Set("stateToken", state[1])
	return c.follow(c.send(http.MethodPost, target.String(), field.Encode(),
		"Content-Type", "application/x-www-form-urlencoded", "Origin", c.site.Okta.Origin, "Sec-Fetch-Site", "same-origin"))
}

// seen are the headers that the app got.
func (c *client) seen(a answer) http.Header {
	c.t.Helper()
	var h http.Header
	if err := json.Unmarshal([]byte(a.body), &h); err != nil || a.StatusCode != http.StatusOK {
		c.t.Fatalf("the app did not answer: %s %.300s", a.Status, a.body)
	}
	return h
}

// cookies is the Cookie header for the app's origin.
func (c *client) cookies() string {
	c.t.Helper()
	u := c.site.parse(c.site.App)
	var pairs []string
	for _, ck := range c.http.Jar.Cookies(u) {
		pairs = append(pairs, ck.Name+"="+ck.Value)
	}
	return strings.Join(pairs, "; ")
}

// raw sends bytes as they are, after {host}, {cookies} and line ends are put in.
func (c *client) raw(request string) answer {
	c.t.Helper()
	u := c.site.parse(c.site.App)
	var dialer net.Dialer
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", u.Port()))
	if err == nil && u.Scheme == "https" {
		config := c.site.TLS()
		config.ServerName = u.Hostname()
		conn = tls.Client(conn, config)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		c.t.Fatal(err)
	}
	request = strings.NewReplacer("{host}", u.Host, "{cookies}", c.cookies(), "\n", "\r\n").Replace(request)
	if _, err := io.WriteString(conn, request); err != nil {
		c.t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil) //nolint:bodyclose // read closes it
	if err != nil {
		c.t.Fatalf("no answer to %.80q: %v", request, err)
	}
	res.Request = &http.Request{Method: "RAW", URL: u}
	return read(c.t, res)
}

// refused fails unless the gate kept the request from the app.
func (c *client) refused(what string, a answer) {
	c.t.Helper()
	location, _ := a.Location()
	switch {
	case a.StatusCode/100 == 3 && location != nil && (strings.HasPrefix(location.String(), c.site.Okta.Origin+"/") || strings.HasPrefix(location.Path, "/passkeys/")):
	case a.StatusCode >= 400 && a.StatusCode < 500:
	default:
		c.t.Errorf("%s: %s, Location %v: %.200s", what, a.Status, location, a.body)
	}
	if strings.Contains(a.body, "Anvil") || strings.Contains(a.body, `"X-Forwarded-For"`) {
		c.t.Errorf("%s: the app's content came along: %.200s", what, a.body)
	}
}
