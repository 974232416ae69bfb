package origin

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

const (
	here  = "https://app.example.com"
	there = "https://app.example.org:8443"
)

func TestFromOwnPage(t *testing.T) {
	set, err := ParseSet([]string{here, there})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		origin, site, host string // "" is not sent, or here's
		pass               bool
	}{
		"browser of today":                          {origin: here, site: "same-origin", pass: true},
		"old browser":                               {origin: here, pass: true},
		"second origin":                             {origin: there, site: "same-origin", host: "app.example.org:8443", pass: true},
		"second origin, old browser":                {origin: there, host: "app.example.org:8443", pass: true},
		"Host with the default port":                {origin: here, host: "app.example.com:443", pass: true},
		"Host in capitals":                          {origin: here, host: "APP.example.com", pass: true},
		"no-referrer page, not a cors call":         {origin: "null", site: "same-origin", pass: true},
		"Origin dropped on the way":                 {site: "same-origin", pass: true},
		"page of another site":                      {origin: "https://evil.example", site: "cross-site"},
		"page of a sibling host":                    {origin: "https://other.example.com", site: "same-site"},
		"page of our other origin":                  {origin: there, site: "cross-site"},
		"page of our other origin, old browser":     {origin: there},
		"typed by the user":                         {site: "none"},
		"old browser, another site":                 {origin: "https://evil.example"},
		"old browser, plain http page of this host": {origin: "http://app.example.com"},
		"old browser, another port":                 {origin: "https://app.example.com:8443"},
		"old browser, sandboxed page":               {origin: "null"},
		"sandboxed page":                            {origin: "null", site: "cross-site"},
		"foreign page that claims same-origin":      {origin: "https://evil.example", site: "same-origin"},
		"prefix of our host":                        {origin: "https://app.example.com.evil.example"},
		"our host as user info":                     {origin: "https://app.example.com@evil.example"},
		"neither Origin nor Sec-Fetch-Site":         {},
		"unknown Sec-Fetch-Site":                    {origin: here, site: "sideways"},
		"host of nobody":                            {origin: "https://rebound.example", site: "same-origin", host: "rebound.example"},
		"host of nobody, no Origin":                 {site: "same-origin", host: "rebound.example"},
		"host of nobody, old browser":               {origin: "https://rebound.example", host: "rebound.example"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, here+"/passkeys/logout", nil)
		for header, value := range map[string]string{"Origin": tc.origin, "Sec-Fetch-Site": tc.site} {
			if value != "" {
				r.Header.Set(header, value)
			}
		}
		if tc.host != "" {
			r.Host = tc.host
		}
		if err := set.FromOwnPage(r); (err == nil) != tc.pass {
			t.Errorf("%s: %v", name, err)
		}
	}
}
