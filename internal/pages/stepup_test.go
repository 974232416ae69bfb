package pages

import (
	"encoding/json"
	stdhtml "html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

var (
	tenMinutes   = stepup.Demand{MaxAge: 10 * time.Minute}
	confirmation = regexp.MustCompile(`<div class="notice" data-state="confirm"( hidden)?>\s*<p><strong>([^<]+)</strong>[^<]*</p>\s*<p><a class="button" href="([^"]+)">`)
	settingsOf   = regexp.MustCompile(`data-settings="([^"]+)"`)
)

func TestStepUpOnThePages(t *testing.T) {
	s := newSite(t, func(c *Config) { c.StepUp = tenMinutes })
	for _, c := range []struct {
		target string
		age    time.Duration
		shown  bool
		why    string
		way    string
	}{
		{"/passkeys/append", time.Minute, false, "before you add a passkey", "/passkeys/login?step_up=600&return=%2Fpasskeys%2Fappend"},
		{"/passkeys/append?return=/deals%3Fa=1", time.Hour, true, "before you add a passkey", "/passkeys/login?step_up=600&return=%2Fpasskeys%2Fappend%3Freturn%3D%252Fdeals%253Fa%253D1"},
		{"/passkeys/append", 1000 * time.Hour, true, "before you add a passkey", "/passkeys/login?step_up=600&return=%2Fpasskeys%2Fappend"},
		{"/passkeys/", time.Hour, false, "before you change your passkeys", "/passkeys/login?step_up=600&return=%2Fpasskeys%2F"},
		{"/passkeys/?return=/deals", time.Hour, false, "before you change your passkeys", "/passkeys/login?step_up=600&return=%2Fpasskeys%2F%3Freturn%3D%252Fdeals"},
	} {
		user := alice()
		user.AuthTime = s.now.Add(-c.age)
		p, serve := s.List, "list"
		if strings.HasPrefix(c.target, "/passkeys/append") {
			p, serve = s.Append, "append"
		}
		body := get(t, p, c.target, user).Body.String()
		m := confirmation.FindStringSubmatch(body)
		if m == nil || (m[1] == "") != c.shown || !strings.Contains(m[2], c.why) || stdhtml.UnescapeString(m[3]) != c.way {
			t.Errorf("%s, signed in %s ago: %q in the %s page", c.target, c.age, m, serve)
		}
		var settings struct{ Stale bool }
		if err := json.Unmarshal([]byte(stdhtml.UnescapeString(settingsOf.FindStringSubmatch(body)[1])), &settings); err != nil || settings.Stale != c.shown {
			t.Errorf("%s, signed in %s ago: settings %+v, %v", c.target, c.age, settings, err)
		}
		// Whoever signed in as somebody else sees it before they add a key.
		if !strings.Contains(body, "Signed in as <strong>alice@example.com</strong>") {
			t.Errorf("%s does not say who is signed in", c.target)
		}
	}
	unknown := alice()
	unknown.AuthTime = time.Time{}
	if m := confirmation.FindStringSubmatch(get(t, s.Append, "/passkeys/append", unknown).Body.String()); m[1] != "" {
		t.Error("a session without auth_time counts as fresh")
	}
}

func TestStepUpOffOnThePages(t *testing.T) {
	s := newSite(t, nil)
	user := alice()
	user.AuthTime = time.Time{}
	if m := confirmation.FindStringSubmatch(get(t, s.Append, "/passkeys/append", user).Body.String()); m[1] == "" {
		t.Error("asked for a confirmation that nobody demands")
	}
}

// Signed in by a session that Okta had for long: the offer comes all the same,
// once, and Not now counts for as long as ever.
func TestOfferAfterSingleSignOn(t *testing.T) {
	s := newSite(t, func(c *Config) { c.StepUp = tenMinutes })
	user := alice()
	user.AuthTime = s.now.Add(-3 * time.Hour)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/passkeys/callback", nil)
	if got := s.AfterSignIn(r, user, "/deals"); got != "/passkeys/append?return=%2Fdeals" {
		t.Errorf("sent to %s", got)
	}
	w := httptest.NewRecorder()
	skip := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://app.example.com/passkeys/append/result", strings.NewReader(`{"status":"skip"}`))
	skip.Header.Set("Origin", "https://app.example.com")
	skip.Header.Set("Content-Type", "application/json")
	if err := s.Result(w, skip, user); err != nil {
		t.Fatal(err)
	}
	for _, c := range w.Result().Cookies() {
		r.AddCookie(c)
	}
	if got := s.AfterSignIn(r, user, "/deals"); got != "/deals" {
		t.Errorf("nagged: sent to %s", got)
	}
}

func TestStepUpRequiredForPrograms(t *testing.T) {
	s := newSite(t, nil)
	demand := stepup.Demand{MaxAge: 5 * time.Minute, ACR: "phr"}
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/admin/users", nil)
	r.Header.Set("Sec-Fetch-Dest", "empty")
	s.Problem(w, r, demand.Problem(demand.LoginURL("/passkeys", "/admin/users")), "id")
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if w.Code != http.StatusUnauthorized || got["error"] != "step_up_required" || got["max_age"] != 300.0 || got["acr_values"] != "phr" ||
		got["login_url"] != "/passkeys/login?step_up=300&acr=phr&return=%2Fadmin%2Fusers" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	// RFC 9470 section 3.
	for _, want := range []string{`Bearer error="insufficient_user_authentication"`, `max_age="300"`, `acr_values="phr"`} {
		if !strings.Contains(w.Header().Get("WWW-Authenticate"), want) {
			t.Errorf("WWW-Authenticate %q lacks %s", w.Header().Get("WWW-Authenticate"), want)
		}
	}
}
