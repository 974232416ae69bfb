package okta_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

// control calls a control with a JSON body.
func (p *rp) control(t *testing.T, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, p.OrgIssuer()+"/__emulator/"+path, strings.NewReader(body))
	req.RemoteAddr = "127.0.0.1:4711"
	req.Header.Set("Content-Type", "application/json")
	for pair := range slices.Chunk(headers, 2) {
		switch pair[0] {
		case "RemoteAddr":
			req.RemoteAddr = pair[1]
		case "Host":
			req.Host = pair[1]
		default:
			req.Header.Add(pair[0], pair[1])
		}
	}
	rec := httptest.NewRecorder()
	p.ServeHTTP(rec, req)
	return rec
}

func TestControlsRefuseStrangers(t *testing.T) {
	p := start(t, nil)
	for name, headers := range map[string][]string{
		"other machine":              {"RemoteAddr", "192.0.2.7:4711"},
		"other machine, IPv6":        {"RemoteAddr", "[2001:db8::1]:4711"},
		"no address":                 {"RemoteAddr", "@"},
		"through a proxy":            {"X-Forwarded-For", "192.0.2.7"},
		"hidden behind a loopback":   {"X-Forwarded-For", "127.0.0.1, 192.0.2.7"},
		"second forwarded header":    {"X-Forwarded-For", "127.0.0.1", "X-Forwarded-For", "192.0.2.7"},
		"through a standard proxy":   {"Forwarded", "for=127.0.0.1"},
		"DNS rebinding":              {"Host", "evil.test"},
		"DNS rebinding with a port":  {"Host", "evil.test:8080"},
		"cross-site form":            {"Sec-Fetch-Site", "cross-site"},
		"same-site form of the app":  {"Sec-Fetch-Site", "same-site"},
		"old browser, other origin":  {"Origin", "http://evil.test"},
		"old browser, opaque origin": {"Origin", "null"},
	} {
		rec := p.control(t, http.MethodPost, "faults", `{"name":"down"}`, headers...)
		if rec.Code != http.StatusForbidden {
			t.Errorf("%s: status %d", name, rec.Code)
		}
	}
	if len(p.Faults()) != 0 {
		t.Error("a fault is on")
	}
	for name, headers := range map[string][]string{
		"direct": {}, "IPv6": {"RemoteAddr", "[::1]:4711"}, "by address": {"Host", "127.0.0.1:9"}, "by name": {"Host", "localhost:9"},
		"IPv6 host": {"Host", "[::1]:9"}, "through a local proxy": {"X-Forwarded-For", "127.0.0.1, ::1"}, "own page": {"Sec-Fetch-Site", "same-origin"},
	} {
		if rec := p.control(t, http.MethodPost, "faults", `{"name":"fail_keys"}`, headers...); rec.Code != http.StatusNoContent {
			t.Errorf("%s: status %d", name, rec.Code)
		}
	}
}

func TestFaultControls(t *testing.T) {
	p := start(t, nil)
	for body, status := range map[string]int{
		`{"name":"slow_token","times":2,"delay":"3s"}`: 204,
		`{"name":"down","times":1,"status":503}`:       204,
		`{"name":"nonsense"}`:                          400,
		`{"name":"down","delay":"soon"}`:               400,
		`{"name":"down","tiems":1}`:                    400,
		`down`:                                         400,
	} {
		if rec := p.control(t, http.MethodPost, "faults", body); rec.Code != status {
			t.Errorf("%s: status %d, want %d", body, rec.Code, status)
		}
	}
	var list struct {
		Faults []struct {
			Name  string `json:"name"`
			Times int    `json:"times"`
			Delay string `json:"delay"`
		} `json:"faults"`
		Known []string `json:"known"`
	}
	decode(t, p.control(t, http.MethodGet, "faults", ""), &list)
	if len(list.Faults) != 2 || list.Faults[1].Name != "slow_token" || list.Faults[1].Delay != "3s" || len(list.Known) < 40 {
		t.Errorf("faults %+v", list)
	}
	p.control(t, http.MethodDelete, "faults?name=down", "")
	if left := p.Faults(); len(left) != 1 {
		t.Errorf("faults %v", left)
	}
	p.control(t, http.MethodDelete, "faults", "")
	if left := p.Faults(); len(left) != 0 {
		t.Errorf("faults %v", left)
	}
}

func TestClockKeysSessionsAndTransactions(t *testing.T) {
	p := start(t, nil)
	before := p.Now()
	var clock struct{ Now time.Time }
	decode(t, p.control(t, http.MethodPost, "clock", `{"advance":"30m"}`), &clock)
	if clock.Now.Sub(before) < 30*time.Minute {
		t.Errorf("now %s", clock.Now)
	}
	if rec := p.control(t, http.MethodPost, "clock", `{"advance":"a while"}`); rec.Code != 400 {
		t.Errorf("status %d", rec.Code)
	}
	p.callback(t)
	if rec := p.control(t, http.MethodPost, "keys/rotate", `{"overlap":true}`); rec.Code != 204 {
		t.Errorf("rotate: status %d", rec.Code)
	}
	if rec := p.control(t, http.MethodDelete, "sessions?user=nobody", ""); rec.Code != 404 {
		t.Errorf("sessions of nobody: status %d", rec.Code)
	}
	p.control(t, http.MethodDelete, "sessions?user="+alice, "")
	if p.signedIn(t) {
		t.Error("the session lives on")
	}
	page := p.openSignIn(t)
	rec := p.control(t, http.MethodGet, "transactions", "")
	if !strings.Contains(rec.Body.String(), `"step":"identify"`) || strings.Contains(rec.Body.String(), page.StateToken()) {
		t.Errorf("transactions %s", rec.Body)
	}
}

func TestUserControls(t *testing.T) {
	p := start(t, nil)
	rec := p.control(t, http.MethodPost, "users", `{"login":"carol@acme.test","password":"pass phrase","groups":["a"]}`)
	var carol struct{ ID string }
	decode(t, rec, &carol)
	if len(carol.ID) != 20 || !strings.HasPrefix(carol.ID, "00u") {
		t.Errorf("id %q", carol.ID)
	}
	p.callbackAs(t, "CAROL@acme.test", "pass phrase")
	if rec := p.control(t, http.MethodPost, "users", `{"login":"Carol@acme.test"}`); rec.Code != 400 {
		t.Errorf("second carol: status %d", rec.Code)
	}
	p.control(t, http.MethodPatch, "users/"+carol.ID, `{"disabled":true,"unassigned_from":["x"],"email":"c@acme.test"}`)
	if u, _ := p.User(carol.ID); !u.Disabled || u.Email != "c@acme.test" || u.UnassignedFrom[0] != "x" || u.Groups[0] != "a" {
		t.Errorf("user %+v", u)
	}
	if p.signedIn(t) {
		t.Error("a disabled user's session lives on")
	}
	if rec := p.control(t, http.MethodPatch, "users/nobody", `{}`); rec.Code != 404 {
		t.Errorf("nobody: status %d", rec.Code)
	}
	if rec := p.control(t, http.MethodDelete, "users/"+alice+"/tokens", ""); rec.Code != 204 {
		t.Errorf("revoke: status %d", rec.Code)
	}
	rec = p.control(t, http.MethodGet, "users", "")
	if body := rec.Body.String(); !strings.Contains(body, aliceID) || strings.Contains(body, password) || strings.Contains(body, "pass phrase") {
		t.Errorf("users %s", body)
	}
}

func TestEventControls(t *testing.T) {
	p := start(t, nil)
	p.callback(t)
	var list struct{ Events []okta.Event }
	decode(t, p.control(t, http.MethodGet, "events", ""), &list)
	if len(list.Events) == 0 || list.Events[0].Seq != 1 {
		t.Fatalf("events %v", list.Events)
	}
	decode(t, p.control(t, http.MethodGet, "events?name=code_issued&wait=1ms", ""), &list)
	if len(list.Events) != 1 || list.Events[0].User != aliceID {
		t.Errorf("events %v", list.Events)
	}
	last := p.Events()[len(p.Events())-1].Seq
	done := make(chan okta.Event, 1)
	go func() {
		if e, err := p.AwaitEvent(t.Context(), last, okta.EventSignedIn); err == nil {
			done <- e
		}
	}()
	if err := p.EndSessions(""); err != nil {
		t.Fatal(err)
	}
	p.callback(t)
	if e := <-done; e.Seq <= last || e.User != aliceID {
		t.Errorf("event %+v", e)
	}
	for _, bad := range []string{"events?after=x", "events?name=a&wait=soon"} {
		if rec := p.control(t, http.MethodGet, bad, ""); rec.Code != 400 {
			t.Errorf("%s: status %d", bad, rec.Code)
		}
	}
}

func decode(t *testing.T, rec *httptest.ResponseRecorder, into any) {
	t.Helper()
	if rec.Code != http.StatusOK {
		t.Fatalf("status %d: %s", rec.Code, rec.Body)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil {
		t.Fatal(err)
	}
}
