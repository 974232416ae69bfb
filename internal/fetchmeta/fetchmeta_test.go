package fetchmeta

import (
	"net/http"
	"testing"
)

const html = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

func TestPageLoads(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		headers []string
		want    Kind
	}{
		"window":                     {[]string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Accept", html}, Window},
		"window that says no Accept": {[]string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, Window},
		"window of a web view":       {[]string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "X-Requested-With", "com.example.app"}, Window},
		"iframe":                     {[]string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe", "Accept", html}, Frame},
		"object":                     {[]string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "object", "Accept", html}, None},

		"worker, passed on":      {[]string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "empty", "Accept", html}, Worker},
		"worker, from a link":    {[]string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "cross-site", "Accept", html}, Worker},
		"worker, with options":   {[]string{"Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin", "Upgrade-Insecure-Requests", "1", "Accept", html}, Worker},
		"worker, headers copied": {[]string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin", "Upgrade-Insecure-Requests", "1", "Accept", html}, Worker},
		"worker, by address":     {[]string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin", "Accept", "*/*"}, None},

		"fetch":                      {[]string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Accept", "*/*"}, None},
		"htmx":                       {[]string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin", "Accept", "text/html, */*", "HX-Request", "true"}, None},
		"turbo":                      {[]string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin", "Accept", "text/html, application/xhtml+xml"}, None},
		"pjax":                       {[]string{"Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin", "Accept", html, "X-Requested-With", "XMLHttpRequest"}, None},
		"fetch of another site":      {[]string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "cross-site", "Upgrade-Insecure-Requests", "1", "Accept", html}, None},
		"navigation of nothing":      {[]string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "empty", "Accept", "*/*"}, None},
		"image":                      {[]string{"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image", "Accept", html}, None},
		"WebSocket":                  {[]string{"Sec-Fetch-Mode", "websocket", "Sec-Fetch-Dest", "websocket", "Accept", html}, None},
		"the worker's own script":    {[]string{"Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "serviceworker", "Accept", "*/*"}, None},
		"a destination without mode": {[]string{"Sec-Fetch-Dest", "image", "Accept", html}, None},

		"older browser":      {[]string{"Accept", html}, Untold},
		"older web view":     {[]string{"Accept", html, "X-Requested-With", "com.android.browser"}, Untold},
		"older XHR":          {[]string{"Accept", html, "X-Requested-With", "xmlhttprequest"}, None},
		"curl":               {[]string{"Accept", "*/*"}, None},
		"a program":          {[]string{"Accept", "application/json"}, None},
		"somebody who's mum": {nil, None},
	} {
		r := &http.Request{Header: http.Header{}}
		for i := 0; i < len(tc.headers); i += 2 {
			r.Header.Set(tc.headers[i], tc.headers[i+1])
		}
		if got := Of(r); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}

func TestWhoSaysFromWhere(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]bool{"": true, "navigate": true, "same-origin": false, "cors": false} {
		if got := SaysFromWhere(&http.Request{Header: http.Header{"Sec-Fetch-Mode": {mode}}}); got != want {
			t.Errorf("mode %q: %v", mode, got)
		}
	}
}
