package keptform

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// foreign is a form that a page of another site posts; headers come in pairs.
func foreign(t *testing.T, target, kind, body string, headers ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://app.example.com"+target, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Origin", "https://bank.example")
	r.Header.Set("Referer", "https://bank.example/")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	for i := 0; i+1 < len(headers); i += 2 {
		set(r.Header, headers[i], headers[i+1])
	}
	return r
}

func (o *room) repost(t *testing.T, target, body string) string {
	t.Helper()
	sealed, err := o.Repost(httptest.NewRecorder(), foreign(t, target, urlencoded, body), target)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// again posts another site's form once more, as our page does.
func (o *room) again(t *testing.T, target, sealed string) (*http.Request, error) {
	t.Helper()
	r := post(t, target, "text/plain", strings.NewReader("passkeys-repost="+sealed+"\r\n"))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Sec-Fetch-User", "?1")
	return r, o.Restore(httptest.NewRecorder(), r, target, alice)
}

// TestAnotherSitesFormArrivesAsItCame: the app's own defense against forgery sees
// whose it is.
func TestAnotherSitesFormArrivesAsItCame(t *testing.T) {
	t.Parallel()
	kind, body := upload(t)
	for name, tc := range map[string]struct {
		kind, body string
		headers    []string
	}{
		"urlencoded": {urlencoded, "SAMLResponse=PHNhbWw%2B&RelayState=%2Fdeep", nil}, "multipart": {kind, body, nil}, "empty": {urlencoded, "", nil},
		"plain": {"text/plain", "a=b\r\n", nil}, "sandboxed": {urlencoded, "a=b", []string{"Origin", "null", "Referer", ""}},
		"old browser": {urlencoded, "a=b", []string{"Sec-Fetch-Site", ""}}, "no origin": {urlencoded, "a=b", []string{"Origin", ""}},
	} {
		o := newRoom(t, nil)
		first := foreign(t, "/saml/acs?x=1", tc.kind, tc.body, tc.headers...)
		want := first.Header.Clone()
		sealed, err := o.Repost(httptest.NewRecorder(), first, "/saml/acs?x=1")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r, err := o.again(t, "/saml/acs?x=1", sealed)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := io.ReadAll(r.Body)
		if err != nil || string(got) != tc.body || r.ContentLength != int64(len(tc.body)) {
			t.Errorf("%s: %v, %q of %d bytes", name, err, got, r.ContentLength)
		}
		r.Header.Del("Content-Length")
		if diff := cmp.Diff(want, r.Header); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if _, err := o.again(t, "/saml/acs?x=1", sealed); err == nil {
			t.Errorf("%s: it goes through twice", name)
		}
		if strings.Contains(o.log.String(), "SAMLResponse") || strings.Contains(o.log.String(), sealed) {
			t.Errorf("%s: the form is in the log", name)
		}
	}
}

func TestAnotherSitesFormIsRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		play   func(t *testing.T, o *room, sealed string) error
		status int
		code   string
	}{
		"at another path": {func(t *testing.T, o *room, sealed string) error {
			t.Helper()
			_, err := o.again(t, "/admin", sealed)
			return err
		}, http.StatusBadRequest, "form_invalid"},
		"after two minutes": {func(t *testing.T, o *room, sealed string) error {
			t.Helper()
			o.now = o.now.Add(repostKept + time.Second)
			_, err := o.again(t, "/saml/acs", sealed)
			return err
		}, http.StatusBadRequest, "form_invalid"},
		"a second time": {func(t *testing.T, o *room, sealed string) error {
			t.Helper()
			if _, err := o.again(t, "/saml/acs", sealed); err != nil {
				t.Error(err)
			}
			_, err := o.again(t, "/saml/acs", sealed)
			return err
		}, http.StatusConflict, "form_sent_already"},
		"as a kept form": {func(t *testing.T, o *room, sealed string) error {
			t.Helper()
			_, err := o.resend(t, "/saml/acs", sealed, alice)
			return err
		}, http.StatusBadRequest, "form_invalid"},
		"a kept form as one": {func(t *testing.T, o *room, _ string) error {
			t.Helper()
			_, err := o.again(t, "/saml/acs", o.keep(t, "/saml/acs", urlencoded, "a=b", alice).Form)
			return err
		}, http.StatusBadRequest, "form_invalid"},
		"made up": {func(t *testing.T, o *room, _ string) error {
			t.Helper()
			_, err := o.again(t, "/saml/acs", "forged")
			return err
		}, http.StatusBadRequest, "form_invalid"},
	} {
		o := newRoom(t, nil)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tc.play(t, o, o.repost(t, "/saml/acs", "a=b"))
			wantProblem(t, err, tc.status, tc.code)
		})
	}
}

// TestAnotherSitesFormIsNeverKept for a sign-in, by no detour: it would be sent to
// whoever signs in as if they had filled it in.
func TestAnotherSitesFormIsNeverKept(t *testing.T) {
	t.Parallel()
	o := newRoom(t, nil)
	sealed := o.repost(t, "/saml/acs", "a=b")
	kept, err := o.Keep(httptest.NewRecorder(), post(t, "/saml/acs", "text/plain", strings.NewReader("passkeys-repost="+sealed+"\r\n")), "/saml/acs", nil)
	if kept != nil || !errors.Is(err, ErrForeign) {
		t.Errorf("on its way back without a session: %+v %v", kept, err)
	}
	for name, r := range map[string]*http.Request{
		"one of ours in it":      foreign(t, "/saml/acs", "text/plain", "passkeys-repost="+sealed),
		"a kept one in it":       foreign(t, "/saml/acs", "text/plain", "passkeys-resend="+sealed),
		"of no known origin":     foreign(t, "/saml/acs", urlencoded, "a=b", "Origin", "", "Sec-Fetch-Site", ""),
		"what no form sends":     foreign(t, "/saml/acs", "application/json", "{}"),
		"an origin without end":  foreign(t, "/saml/acs", urlencoded, "a=b", "Origin", "https://"+strings.Repeat("a", maxHeader)),
		"no content type at all": foreign(t, "/saml/acs", "", "a=b"),
	} {
		if sealed, err := o.Repost(httptest.NewRecorder(), r, "/saml/acs"); sealed != "" || !errors.Is(err, ErrNotKept) {
			t.Errorf("%s: %q %v", name, sealed, err)
		}
	}
	small := newRoom(t, func(c *Config) { c.MaxSize = 10 })
	if _, err := small.Repost(httptest.NewRecorder(), foreign(t, "/saml/acs", urlencoded, strings.Repeat("a", 11)), "/saml/acs"); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}
