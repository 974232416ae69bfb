package corbado

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestControlFaults(t *testing.T) {
	d := newDesk(t)
	post := func(body map[string]any) answer { return d.call(http.MethodPost, "/__emulator/faults", body) }
	if a := post(map[string]any{"name": "backend-delay", "times": 2, "delay": "1.5s"}); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	post(map[string]any{"name": "path-500", "path": "/v2/connect/manage/"})
	if diff := cmp.Diff([]Fault{
		{Name: "backend-delay", Times: 2, Delay: 1500 * time.Millisecond}, {Name: "path-500", Path: "/v2/connect/manage/"},
	}, d.srv.Faults()); diff != "" {
		t.Error(diff)
	}
	a := d.call(http.MethodGet, "/__emulator/faults", nil)
	want := []any{
		map[string]any{"name": "backend-delay", "times": 2.0, "delay": "1.5s"},
		map[string]any{"name": "path-500", "times": 0.0, "path": "/v2/connect/manage/"},
	}
	if diff := cmp.Diff(want, a.body["faults"]); diff != "" {
		t.Error(diff)
	}
	if names, _ := a.body["names"].([]any); len(names) != len(FaultNames()) {
		t.Errorf("names: %v", names)
	}
	for _, body := range []map[string]any{{"name": "nope"}, {"name": "backend-delay", "delay": "soon"}, {}} {
		refused(t, post(body), http.StatusBadRequest, errValidation)
	}
	d.call(http.MethodDelete, "/__emulator/faults", nil)
	if set := d.srv.Faults(); len(set) != 0 {
		t.Errorf("left: %+v", set)
	}
}

func TestControlClock(t *testing.T) {
	d := newDesk(t)
	before := d.srv.Now()
	a := d.call(http.MethodPost, "/__emulator/clock", map[string]any{"advance": "30m"})
	if got := d.srv.Now().Sub(before); got != 30*time.Minute || a.text("now") != d.srv.Now().Format(time.RFC3339Nano) {
		t.Errorf("advanced by %v: %s", got, a.raw)
	}
	for _, bad := range []string{"", "-1m", "0s", "tomorrow"} {
		refused(t, d.call(http.MethodPost, "/__emulator/clock", map[string]any{"advance": bad}), http.StatusBadRequest, errValidation)
	}
	d.srv.Advance(-time.Hour)
	if d.srv.Now().Before(before) {
		t.Error("the clock ran backwards")
	}
	if a := d.call(http.MethodGet, "/__emulator/clock", nil); a.text("now") == "" {
		t.Errorf("%d %s", a.status, a.raw)
	}
}

func TestControlUsersEventsAndReset(t *testing.T) {
	d := newDesk(t)
	id := d.add(alice)
	d.must(Fault{Name: FaultEventsFail})
	u := first(t, d.call(http.MethodGet, "/__emulator/users", nil), "users")
	keys, _ := u["credentials"].([]any)
	if len(keys) != 1 || keys[0].(map[string]any)["id"] != id || u["displayName"] != alice+"@acme.test" {
		t.Errorf("user %v", u)
	}
	a := d.call(http.MethodGet, "/__emulator/events", nil)
	if list, _ := a.body["events"].([]any); len(list) != len(d.srv.Events()) || len(list) == 0 {
		t.Errorf("events %s", a.raw)
	}
	list := d.token(kindList, alice)
	d.call(http.MethodPost, "/__emulator/reset", nil)
	if len(d.srv.Users())+len(d.srv.Faults())+len(d.srv.Events()) != 0 {
		t.Error("something is left")
	}
	refused(t, d.frontend(d.process(), "manage/list", map[string]any{"connectToken": list}), http.StatusBadRequest, errValidation)
	refused(t, d.call(http.MethodGet, "/__emulator/nothing", nil), http.StatusNotFound, errNotFound)
}

func TestJournalKeepsTheLatest(t *testing.T) {
	d := newDesk(t)
	for i := range journalSize + 7 {
		d.srv.journal.record(t.Context(), fmt.Sprintf("event_%d", i))
	}
	events := d.srv.Events()
	if len(events) != journalSize || events[0].Name != "event_7" || events[0].Seq != 8 {
		t.Errorf("%d events from %+v", len(events), events[0])
	}
}

func TestAttackControlsFromElsewhere(t *testing.T) {
	srv, err := New(testConfig(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	tests := map[string]struct {
		peer string
		edit func(*http.Request)
		want int
	}{
		"this machine":                    {"127.0.0.1:1", func(*http.Request) {}, http.StatusOK},
		"this machine, IPv6":              {"[::1]:1", func(*http.Request) {}, http.StatusOK},
		"this machine through its proxy":  {"127.0.0.1:1", header("X-Forwarded-For", "127.0.0.1, ::1"), http.StatusOK},
		"URL typed in the browser":        {"127.0.0.1:1", header("Sec-Fetch-Site", "none"), http.StatusOK},
		"another machine":                 {"192.0.2.1:1", func(*http.Request) {}, http.StatusForbidden},
		"another machine, loopback claim": {"192.0.2.1:1", header("X-Forwarded-For", "127.0.0.1"), http.StatusForbidden},
		"another machine, through proxy":  {"127.0.0.1:1", header("X-Forwarded-For", "192.0.2.1"), http.StatusForbidden},
		"junk in the proxy's list":        {"127.0.0.1:1", header("X-Forwarded-For", "127.0.0.1, unknown"), http.StatusForbidden},
		"page in the tester's browser":    {"127.0.0.1:1", header("Origin", "https://evil.example"), http.StatusForbidden},
		"image on a foreign page":         {"127.0.0.1:1", header("Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		"no peer":                         {"", func(*http.Request) {}, http.StatusForbidden},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/__emulator/users", nil)
			r.RemoteAddr = tt.peer
			tt.edit(r)
			w := httptest.NewRecorder()
			srv.ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Errorf("%d %s; want %d", w.Code, w.Body, tt.want)
			}
		})
	}
}

func TestCDN(t *testing.T) {
	d := newDesk(t)
	for path, want := range map[string][3]string{
		"web-js-latest.min.js":                    {"text/javascript; charset=utf-8", "window.Corbado={}", "public, max-age=0, must-revalidate"},
		"web-js-latest.min.css":                   {"text/css; charset=utf-8", ".cb{}", "public, max-age=0, must-revalidate"},
		"web-js-" + componentVersion + ".min.js":  {"text/javascript; charset=utf-8", "window.Corbado={}", "public, max-age=31536000, immutable"},
		"web-js-" + componentVersion + ".min.css": {"text/css; charset=utf-8", ".cb{}", "public, max-age=31536000, immutable"},
	} {
		a := d.call(http.MethodGet, cdnPath+path, nil)
		got := [3]string{a.header.Get("Content-Type"), a.raw, a.header.Get("Cache-Control")}
		if a.status != http.StatusOK || got != want {
			t.Errorf("%s: %d %q", path, a.status, got)
		}
		if a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
			t.Errorf("%s: no page may load it: %v", path, a.header)
		}
		again := d.call(http.MethodGet, cdnPath+path, nil, func(r *http.Request) { r.Header.Set("If-None-Match", a.header.Get("Etag")) })
		if again.status != http.StatusNotModified {
			t.Errorf("%s: %d with its own ETag", path, again.status)
		}
	}
	for _, path := range []string{"", "web-js-9.9.9.min.js", "../x", "%2e%2e/x"} {
		if a := d.call(http.MethodGet, cdnPath+path, nil); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	refused(t, d.call(http.MethodPost, cdnPath+"web-js-latest.min.js", nil), http.StatusMethodNotAllowed, errMethodNotAllowed)
}

func TestCDNScriptThrows(t *testing.T) {
	d := newDesk(t)
	d.must(Fault{Name: FaultCDNThrows, Times: 2})
	if a := d.call(http.MethodGet, cdnPath+"web-js-latest.min.css", nil); a.raw != ".cb{}" {
		t.Errorf("the style: %d %q", a.status, a.raw)
	}
	for _, name := range []string{"web-js-latest.min.js", "web-js-" + componentVersion + ".min.js"} {
		a := d.call(http.MethodGet, cdnPath+name, nil)
		if a.status != http.StatusOK || !strings.HasPrefix(a.raw, "throw ") || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %q, %v", name, a.status, a.raw, a.header)
		}
	}
	if a := d.call(http.MethodGet, cdnPath+"web-js-latest.min.js", nil); a.raw != "window.Corbado={}" {
		t.Errorf("afterwards: %d %q", a.status, a.raw)
	}
}
