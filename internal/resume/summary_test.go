package resume

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

func (o *room) summary(t *testing.T, body string, s *session.Session, headers ...string) (*httptest.ResponseRecorder, error) {
	t.Helper()
	r := post(t, "/passkeys/resume/summary", "application/json", strings.NewReader(body))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	return w, o.Summary(w, r, s)
}

func TestSummary(t *testing.T) {
	t.Parallel()
	kind, body := upload(t)
	for name, tc := range map[string]struct {
		kind, body string
		former     *session.Session
		want       []Field
	}{
		"urlencoded": {
			urlencoded, "item=a%26b&password=hunter2&__VIEWSTATE=x&note=" + strings.Repeat("long", 40) + "&line=a%0D%0Ab&empty=&=x&bad=%zz", alice,
			[]Field{
				{Name: "item", Value: "a&b"},
				{Name: "password", Hidden: true},
				{Name: "__VIEWSTATE", Hidden: true},
				{Name: "note", Value: strings.Repeat("long", 20) + "…"},
				{Name: "line", Value: "a  b"},
				{Name: "empty"},
			},
		},
		"with a file":  {kind, body, alice, []Field{{Name: "subject", Value: "Anvil & more"}, {Name: "card_number", Hidden: true}, {Name: "photo", File: "katze.png"}}},
		"nobody known": {urlencoded, "item=a&empty=", nil, []Field{{Name: "item", Hidden: true}, {Name: "empty"}}},
		"plain":        {"text/plain", "a=b", alice, []Field{}},
		"not a form":   {"multipart/form-data; boundary=x", "garbage", alice, []Field{}},
	} {
		o := newRoom(t, nil)
		ask, _ := json.Marshal(map[string]string{"summary": o.keep(t, "/orders?a=1", tc.kind, tc.body, tc.former).Summary})
		w, err := o.summary(t, string(ask), alice)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got Summary
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Path != "/orders?a=1" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v %s %v", name, err, w.Body, w.Header())
		}
		if diff := cmp.Diff(tc.want, got.Fields); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if strings.Contains(w.Body.String(), "00u1") {
			t.Errorf("%s: names the user: %s", name, w.Body)
		}
	}
}

func TestSummaryIsForItsUserAndPage(t *testing.T) {
	t.Parallel()
	o := newRoom(t, nil)
	kept := o.keep(t, "/orders", urlencoded, "item=1", alice)
	ask := `{"summary":"` + kept.Summary + `"}`
	_, err := o.summary(t, ask, bob)
	wantProblem(t, err, http.StatusForbidden, "form_of_another_user")
	_, err = o.summary(t, ask, nil)
	wantProblem(t, err, http.StatusUnauthorized, "login_required")
	_, err = o.summary(t, ask, alice, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
	wantProblem(t, err, http.StatusForbidden, "cross_origin")
	_, err = o.summary(t, ask, alice, "Content-Type", "text/plain")
	wantProblem(t, err, http.StatusUnsupportedMediaType, "json_required")
	_, err = o.summary(t, `{"summary":"`+kept.Form+`"}`, alice)
	wantProblem(t, err, http.StatusGone, "form_invalid")
	_, err = o.summary(t, `[`, alice)
	wantProblem(t, err, http.StatusBadRequest, "invalid_body")
	o.now = o.now.Add(time.Hour)
	_, err = o.summary(t, ask, alice)
	wantProblem(t, err, http.StatusGone, "form_invalid")
}
