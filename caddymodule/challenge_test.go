package caddymodule

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestEvery401HasAChallenge (RFC 9110 section 11.6.1), and none that has a browser
// open a dialog.
func TestEvery401HasAChallenge(t *testing.T) {
	w := newWorld(t)
	for extra, scheme := range map[string]string{"step_up 5m /admin/*": "Passkeys", "bearer {\n audience api://orders\n}": "Bearer"} {
		w.start(extra)
		b := w.browser()
		b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		page := []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}
		for what, p := range map[string]asked{
			"a program":          {http.MethodGet, "/api", nil, []string{"Accept", "application/json"}},
			"HEAD":               {http.MethodHead, "/api", nil, nil},
			"a page":             {http.MethodGet, "/orders", nil, page},
			"a frame":            {http.MethodGet, "/orders", nil, []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}},
			"a picture":          {http.MethodGet, "/orders", nil, []string{"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}},
			"a form":             {http.MethodPost, "/orders", url.Values{"a": {"b"}}, own},
			"another site's":     {http.MethodPost, "/orders", url.Values{"a": {"b"}}, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://bank.example"}},
			"another's page":     {http.MethodPost, "/orders", url.Values{"a": {"b"}}, append([]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://bank.example"}, page...)},
			"our page":           {http.MethodGet, "/passkeys/", nil, page},
			"who am I":           {http.MethodGet, "/passkeys/session", nil, nil},
			"renewal":            {http.MethodPost, "/passkeys/session", url.Values{}, own},
			"a connect token":    {http.MethodPost, "/passkeys/connect-token", url.Values{}, []string{"Content-Type", "application/json", "Sec-Fetch-Site", "same-origin"}},
			"a summary":          {http.MethodPost, "/passkeys/resume/summary", url.Values{}, own},
			"the offer's result": {http.MethodPost, "/passkeys/append/result", url.Values{}, own},
			"the list's result":  {http.MethodPost, "/passkeys/list/result", url.Values{}, own},
			"universal logout":   {http.MethodPost, "/passkeys/universal-logout", url.Values{}, nil},
			"a preflight":        {http.MethodOptions, "/api", nil, []string{"Origin", "https://evil.example", "Access-Control-Request-Method", "PUT"}},
			"a WebSocket":        {http.MethodGet, "/ws", nil, []string{"Sec-Fetch-Mode", "websocket"}},
			"a bad token":        {http.MethodGet, "/api", nil, []string{"Authorization", "Bearer x"}},
		} {
			got := b.send(p.method, p.target, p.form, p.headers...)
			challenges := got.Header.Values("WWW-Authenticate")
			if got.StatusCode != http.StatusUnauthorized {
				if len(challenges) > 0 {
					t.Errorf("%s: %s with %q", what, got.Status, challenges)
				}
				continue
			}
			want := scheme
			if what == "universal logout" {
				want = "Bearer"
			}
			if len(challenges) != 1 || !strings.HasPrefix(challenges[0], want) {
				t.Errorf("%s (%.20s): challenges %q, want one of %s", what, extra, challenges, want)
			}
			for _, c := range challenges {
				for _, dialog := range []string{"basic", "digest", "negotiate", "ntlm"} {
					if strings.Contains(strings.ToLower(c), dialog) {
						t.Errorf("%s: %q opens a dialog", what, c)
					}
				}
			}
		}
	}
}

type asked struct {
	method, target string
	form           url.Values
	headers        []string
}

// TestThe401OfTheAppIsTheApps own: no challenge is put into it.
func TestThe401OfTheAppIsTheApps(t *testing.T) {
	w := newWorld(t)
	w.app.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusUnauthorized) })
	w.start("")
	if p := w.browser().get("/healthz"); p.StatusCode != http.StatusUnauthorized || p.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("%s %v", p.Status, p.Header)
	}
}
