package pages

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

func TestSessionScriptIsRevalidated(t *testing.T) {
	s := newSite(t, nil)
	get := func(header http.Header) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/passkeys/session.js", nil)
		r.Header = header
		w := httptest.NewRecorder()
		if err := s.SessionScript(w, r); err != nil {
			t.Fatal(err)
		}
		return w
	}
	plain := get(http.Header{})
	if h := plain.Header(); plain.Code != http.StatusOK || h.Get("Cache-Control") != "no-cache" || h.Get("Etag") == "" ||
		h.Get("Content-Type") != "text/javascript; charset=utf-8" || !strings.Contains(plain.Body.String(), "passkeysSession") {
		t.Errorf("%d %v", plain.Code, h)
	}
	packed := get(http.Header{"Accept-Encoding": {"gzip"}})
	if packed.Header().Get("Content-Encoding") != "gzip" || packed.Body.Len() >= plain.Body.Len() {
		t.Errorf("%v", packed.Header())
	}
	if again := get(http.Header{"If-None-Match": {plain.Header().Get("Etag")}}); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("again: %d", again.Code)
	}
}

type renewals int

func (n *renewals) Renew(http.ResponseWriter, *session.Session) error {
	*n++
	return nil
}
func (n *renewals) Ends(*session.Session) time.Time { return start.Add(time.Hour) }

// TestAnotherSiteCannotRenew: it would keep a session alive that should end.
func TestAnotherSiteCannotRenew(t *testing.T) {
	s := newSite(t, nil)
	var n renewals
	for name, tc := range map[string]struct {
		site, origin string
		who          *session.Session
		status       int
	}{
		"a page of the site":  {"same-origin", "https://app.example.com", alice(), 0},
		"an older browser":    {"", "https://app.example.com", alice(), 0},
		"another site":        {"cross-site", "https://evil.example", alice(), http.StatusForbidden},
		"a sibling domain":    {"same-site", "https://blog.example.com", alice(), http.StatusForbidden},
		"another site, older": {"", "https://evil.example", alice(), http.StatusForbidden},
		"nobody":              {"same-origin", "https://app.example.com", nil, http.StatusUnauthorized},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://app.example.com/passkeys/session", nil)
		r.Header.Set("Origin", tc.origin)
		if tc.site != "" {
			r.Header.Set("Sec-Fetch-Site", tc.site)
		}
		w, before := httptest.NewRecorder(), n
		err := s.Renew(w, r, tc.who, &n)
		pr := (*problem.Problem)(nil)
		if errors.As(err, &pr); (tc.status == 0) != (err == nil) || pr != nil && pr.Status != tc.status || (n > before) != (tc.status == 0) {
			t.Errorf("%s: %v, %d renewals", name, err, n-before)
		}
		if err == nil && !strings.Contains(w.Body.String(), `"ends_at":1772370000`) {
			t.Errorf("%s: %s", name, w.Body)
		}
	}
}

// TestTheMarkIsOnOurOwn401Only, on which scripts rely.
func TestTheMarkIsOnOurOwn401Only(t *testing.T) {
	s := newSite(t, nil)
	for code, want := range map[string]string{"login_required": "login_required", "cross_origin": ""} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api", nil)
		s.Problem(w, r, &problem.Problem{Status: http.StatusUnauthorized, Code: code}, "")
		if got := w.Header().Get(challengeHeader); got != want {
			t.Errorf("%s: %q", code, got)
		}
	}
}
