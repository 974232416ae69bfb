package corbado

import (
	"net/http"
	"strings"
	"testing"
)

func preflightFrom(origin string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers",
			"content-type,x-corbado-client-timezone,x-corbado-process-id,x-corbado-projectid,x-corbado-sdk")
	}
}

func TestPreflight(t *testing.T) {
	d := newDesk(t)
	a := d.call(http.MethodOptions, "/v2/connect/append/start", nil, preflightFrom(testOrigin))
	if a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":      testOrigin,
		"Access-Control-Allow-Credentials": "true",
		"Access-Control-Allow-Methods":     "POST",
		"Vary":                             "Origin",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	allowed := strings.ToLower(a.header.Get("Access-Control-Allow-Headers"))
	for _, name := range []string{"content-type", "x-corbado-client-timezone", "x-corbado-process-id", "x-corbado-projectid", "x-corbado-sdk"} {
		if !strings.Contains(allowed, name) {
			t.Errorf("%s is not allowed", name)
		}
	}
}

func TestAttackForeignOrigin(t *testing.T) {
	d := newDesk(t)
	for _, origin := range []string{
		"https://evil.example", "null", "https://app.acme.localhost:8080", "http://app.acme.localhost",
		testOrigin + ".evil.example", "http://APP.acme.localhost:8080",
	} {
		t.Run(origin, func(t *testing.T) {
			a := d.call(http.MethodOptions, "/v2/connect/append/start", nil, preflightFrom(origin))
			for name := range a.header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("preflight answers %s", name)
				}
			}
			a = d.frontend("", "append/init", map[string]any{}, func(r *http.Request) { r.Header.Set("Origin", origin) })
			refused(t, a, http.StatusBadRequest, errValidation)
			if a.header.Get("Access-Control-Allow-Origin") != "" || !strings.Contains(a.raw, origin) {
				t.Errorf("%v %s", a.header, a.raw)
			}
		})
	}
}

func TestFrontendWantsTheProject(t *testing.T) {
	d := newDesk(t)
	for _, project := range []string{"", "pro-1"} {
		a := d.frontend("", "append/init", map[string]any{}, func(r *http.Request) { r.Header.Set("X-Corbado-ProjectID", project) })
		refused(t, a, http.StatusUnauthorized, errLogin)
	}
}

func TestFrontendAnswersAppsWithoutOrigin(t *testing.T) {
	d := newDesk(t)
	a := d.frontend("", "append/init", map[string]any{}, func(r *http.Request) { r.Header.Del("Origin") })
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
}

func TestRefusalsCanBeReadByThePage(t *testing.T) {
	d := newDesk(t)
	a := d.frontend("", "append/start", map[string]any{})
	if a.status == http.StatusOK || a.header.Get("Access-Control-Allow-Origin") != testOrigin {
		t.Errorf("%d %v", a.status, a.header)
	}
}

func TestFrontendTakesPostOnly(t *testing.T) {
	d := newDesk(t)
	a := d.call(http.MethodGet, "/v2/connect/append/init", nil, fromPage(""))
	refused(t, a, http.StatusMethodNotAllowed, errMethodNotAllowed)
}

func TestSourceOfAUserAgent(t *testing.T) {
	for agent, want := range map[string][2]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36 Edg/133.0.0.0":           {"Windows 10", "Edge 133"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15":                   {"macOS 10", "Safari 18"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1": {"iOS 18", "Safari 18"},
		"Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Mobile Safari/537.36":                   {"Android 15", "Chrome 133"},
		"Mozilla/5.0 (X11; Linux x86_64; rv:135.0) Gecko/20100101 Firefox/135.0":                                                                  {"Linux", "Firefox 135"},
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/147.0.0.0 Safari/537.36":                           {"Linux", "Chrome 147"},
		"curl/8": {"Unknown", "Unknown"},
		"":       {"Unknown", "Unknown"},
	} {
		if os, browser := source(agent); os != want[0] || browser != want[1] {
			t.Errorf("%s: %s, %s", agent, os, browser)
		}
	}
}
