package connecttoken

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
)

const listBody = `{"type":"passkey-list"}`

func TestOnlyPOST(t *testing.T) {
	f := newFixture(t, nil)
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "post"} {
		r := post(t, listBody)
		r.Method = method
		f.wantRefusal(t, r, alice(), 405, "method_not_allowed")
		w := httptest.NewRecorder()
		_ = f.Serve(w, r, alice())
		if got := w.Header().Get("Allow"); got != "POST" {
			t.Errorf("%s: Allow: %q", method, got)
		}
	}
}

// unset stands for a header that is not sent.
const unset = "-"

func TestCrossSiteConnectTokenRequestIsRefused(t *testing.T) {
	f := newFixture(t, nil)
	for name, tc := range map[string]struct{ origin, site, host string }{
		"page of another site":                      {origin: "https://evil.example", site: "cross-site"},
		"page of a sibling host":                    {origin: "https://other.example.com", site: "same-site"},
		"page of our other origin":                  {origin: "https://app.example.org:8443", site: "cross-site"},
		"page of our other origin, old browser":     {origin: "https://app.example.org:8443", site: unset},
		"typed by the user":                         {origin: unset, site: "none"},
		"old browser, another site":                 {origin: "https://evil.example", site: unset},
		"old browser, plain http page of this host": {origin: "http://app.example.com", site: unset},
		"old browser, another port":                 {origin: "https://app.example.com:8443", site: unset},
		"old browser, sandboxed page":               {origin: "null", site: unset},
		"sandboxed page":                            {origin: "null", site: "cross-site"},
		"foreign page that claims same-origin":      {origin: "https://evil.example", site: "same-origin"},
		"prefix of our host":                        {origin: "https://app.example.com.evil.example", site: unset},
		"our host as user info":                     {origin: "https://app.example.com@evil.example", site: unset},
		"neither Origin nor Sec-Fetch-Site":         {origin: unset, site: unset},
		"unknown Sec-Fetch-Site":                    {origin: here, site: "sideways"},
		"host of nobody":                            {origin: "https://rebound.example", site: "same-origin", host: "rebound.example"},
		"host of nobody, no Origin":                 {origin: unset, site: "same-origin", host: "rebound.example"},
		"host of nobody, old browser":               {origin: "https://rebound.example", site: unset, host: "rebound.example"},
	} {
		t.Run(name, func(t *testing.T) {
			r := post(t, listBody)
			set(r, "Origin", tc.origin)
			set(r, "Sec-Fetch-Site", tc.site)
			if tc.host != "" {
				r.Host = tc.host
			}
			f.wantRefusal(t, r, alice(), 403, "cross_origin")
			// Nobody learns without a same-origin page whether a session is live.
			f.wantRefusal(t, clone(t, r), nil, 403, "cross_origin")
		})
	}
}

func TestSameOriginRequestPasses(t *testing.T) {
	for name, tc := range map[string]struct{ origin, site, host string }{
		"browser of today":                  {origin: here, site: "same-origin"},
		"old browser":                       {origin: here, site: unset},
		"second origin":                     {origin: "https://app.example.org:8443", site: "same-origin", host: "app.example.org:8443"},
		"second origin, old browser":        {origin: "https://app.example.org:8443", site: unset, host: "app.example.org:8443"},
		"Host with the default port":        {origin: here, site: unset, host: "app.example.com:443"},
		"Host in capitals":                  {origin: here, site: unset, host: "APP.example.com"},
		"no-referrer page, not a cors call": {origin: "null", site: "same-origin"},
		"Origin dropped on the way":         {origin: unset, site: "same-origin"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, nil)
			r := post(t, listBody)
			set(r, "Origin", tc.origin)
			set(r, "Sec-Fetch-Site", tc.site)
			if tc.host != "" {
				r.Host = tc.host
			}
			if err := f.Serve(httptest.NewRecorder(), r, alice()); err != nil {
				t.Error(err)
			}
		})
	}
}

func set(r *http.Request, name, value string) {
	r.Header.Del(name)
	if value != unset {
		r.Header.Set(name, value)
	}
}

func clone(t *testing.T, r *http.Request) *http.Request {
	t.Helper()
	again := r.Clone(t.Context())
	again.Body = io.NopCloser(strings.NewReader(listBody))
	return again
}

// A form of a foreign page can send these media types without a preflight.
func TestFormPostIsRefused(t *testing.T) {
	f := newFixture(t, nil)
	for _, media := range []string{
		unset, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
		"text/plain; application/json", "application/json-patch+json", "application/jsonx", "application/json, text/plain", "json", ";",
	} {
		r := post(t, listBody)
		set(r, "Content-Type", media)
		f.wantRefusal(t, r, alice(), 415, "unsupported_media_type")
	}
	for _, media := range []string{"application/json; charset=utf-8", "Application/JSON"} {
		r := post(t, listBody)
		set(r, "Content-Type", media)
		if err := f.Serve(httptest.NewRecorder(), r, alice()); err != nil {
			t.Errorf("%s: %v", media, err)
		}
	}
}

func TestRequestWithoutSessionIsRefused(t *testing.T) {
	f := newFixture(t, nil)
	f.wantRefusal(t, post(t, listBody), nil, 401, "login_required")
}

func TestOversizeBodyIsRefused(t *testing.T) {
	f := newFixture(t, nil)
	padded := listBody + strings.Repeat(" ", maxBody)
	f.wantRefusal(t, post(t, padded), alice(), 413, "too_large")

	unannounced := post(t, padded)
	unannounced.ContentLength = -1
	f.wantRefusal(t, unannounced, alice(), 413, "too_large")

	// An endless body is not read to its end, and not at all when announced.
	read := &counter{}
	announced := post(t, "")
	announced.Body, announced.ContentLength = io.NopCloser(read), 1<<40
	f.wantRefusal(t, announced, alice(), 413, "too_large")
	if read.n != 0 {
		t.Errorf("read %d bytes of an announced giant", read.n)
	}
	endless := post(t, "")
	endless.Body, endless.ContentLength = io.NopCloser(read), -1
	f.wantRefusal(t, endless, alice(), 413, "too_large")
	if read.n > 4*maxBody {
		t.Errorf("read %d bytes of an endless body", read.n)
	}

	fits := listBody + strings.Repeat(" ", maxBody-len(listBody))
	if err := f.Serve(httptest.NewRecorder(), post(t, fits), alice()); err != nil {
		t.Errorf("a body of maxBody: %v", err)
	}
}

type counter struct{ n int }

func (c *counter) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	c.n += len(p)
	return len(p), nil
}

func TestBrokenBodyIsRefused(t *testing.T) {
	f := newFixture(t, nil)
	for _, body := range []string{
		"", " ", "{}", "null", "[]", `"passkey-list"`, `["type","passkey-list"]`, `{"type"}`, `{"type":}`, `{"type":null}`, `{"type":7}`,
		`{"type":["passkey-list"]}`, `{"type":{"type":"passkey-list"}}`, `{"type":"passkey-list"`, `{"type":"passkey-list"]`,
		`{"type":"passkey-list",}`, `{"Type":"passkey-list"}`, `{"type":"passkey-list"}{}`, `{"type":"passkey-list"} x`,
		`{"type":"passkey-list","type":"passkey-append"}`, `type=passkey-list`, "\xef\xbb\xbf" + listBody,
	} {
		t.Run(body, func(t *testing.T) { f.wantRefusal(t, post(t, body), alice(), 400, "invalid_json") })
	}
	cut := post(t, "")
	cut.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"type":`), failing{}))
	f.wantRefusal(t, cut, alice(), 400, "invalid_json")
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestForeignIdentityInBodyIsRefused(t *testing.T) {
	f := newFixture(t, nil)
	for _, body := range []string{
		`{"type":"passkey-append","identifier":"00ubob"}`,
		`{"identifier":"00ubob","type":"passkey-append"}`,
		`{"type":"passkey-append","data":{"identifier":"00ubob","displayName":"bob@acme.test"}}`,
		`{"type":"passkey-append","maxLifetimeInSeconds":31536000}`,
		`{"type":"passkey-append","sub":"00ubob"}`,
	} {
		f.wantRefusal(t, post(t, body), alice(), 400, "invalid_json")
		if strings.Contains(f.logs.String(), "bob") {
			t.Errorf("the log repeats the body: %s", f.logs)
		}
	}
}

// Neither the query nor headers say who the user is.
func TestForeignIdentityInQueryOrHeaderIsIgnored(t *testing.T) {
	f := newFixture(t, nil)
	r := post(t, listBody)
	r.URL.RawQuery = "identifier=00ubob&sub=00ubob&type=passkey-append"
	for _, name := range []string{"X-Forwarded-User", "Remote-User", "X-Forwarded-Email", "Authorization"} {
		r.Header.Set(name, "00ubob")
	}
	if err := f.Serve(httptest.NewRecorder(), r, alice()); err != nil {
		t.Fatal(err)
	}
	if got := f.mint.asked[0]; got.Identifier != "00ualice" || got.DisplayName != "alice@acme.test" || got.Type != corbado.PasskeyList {
		t.Errorf("got %+v", got)
	}
}

func TestUnknownTypeIsRefused(t *testing.T) {
	f := newFixture(t, nil)
	for _, kind := range []string{
		"passkey-login", "passkey-add", "", "PASSKEY-LIST", "passkey-list ", " passkey-list", `passkey-list\u0000`,
		"passkey_list", "passkey-list,passkey-append", "passkey-lıst", "constructor",
	} {
		t.Run(kind, func(t *testing.T) {
			f.wantRefusal(t, post(t, `{"type":"`+kind+`"}`), alice(), 400, "unknown_type")
			if _, logged := f.lastLine(t)["type"]; logged {
				t.Error("the log repeats an unknown type")
			}
		})
	}
}

// The order in which a request with several faults is refused: a foreign page
// learns nothing about the session, a stranger nothing about types.
func TestOrderOfChecks(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.Limiter = NewLimiter(1, 1, c.Now); c.Identifier = "employee_id" })
	bad := post(t, strings.Repeat("x", maxBody+1))
	bad.Method = http.MethodPut
	set(bad, "Origin", "https://evil.example")
	set(bad, "Sec-Fetch-Site", "cross-site")
	set(bad, "Content-Type", "text/plain")
	f.wantRefusal(t, bad, nil, 405, "method_not_allowed")
	bad.Method = http.MethodPost
	f.wantRefusal(t, bad, nil, 403, "cross_origin")
	set(bad, "Origin", here)
	set(bad, "Sec-Fetch-Site", "same-origin")
	f.wantRefusal(t, bad, nil, 415, "unsupported_media_type")
	set(bad, "Content-Type", "application/json")
	f.wantRefusal(t, bad, nil, 401, "login_required")
	f.wantRefusal(t, bad, alice(), 413, "too_large")
	f.wantRefusal(t, post(t, "x"), alice(), 400, "invalid_json")
	f.wantRefusal(t, post(t, `{"type":"x"}`), alice(), 400, "unknown_type")
	f.wantRefusal(t, post(t, listBody), alice(), 409, "no_identifier")
	f.wantRefusal(t, post(t, listBody), alice(), 429, "rate_limited")
}
