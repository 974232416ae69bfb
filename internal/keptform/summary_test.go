package keptform

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
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
		var got summary
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

// TestSummaryOfManyFields lists some and counts the rest.
func TestSummaryOfManyFields(t *testing.T) {
	t.Parallel()
	parts := func(n int) string {
		return strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n", n) + "--x--\r\n"
	}
	for name, tc := range map[string]struct {
		kind, body   string
		listed, more int
	}{
		"as many as are listed":  {urlencoded, strings.Repeat("a=1&", maxFields-1) + "a=1", maxFields, 0},
		"with a last &":          {urlencoded, strings.Repeat("a=1&", maxFields), maxFields, 0},
		"more":                   {urlencoded, strings.Repeat("a=1&", maxFields+6) + "a=1", maxFields, 7},
		"parts":                  {multi, parts(maxFields), maxFields, 0},
		"more parts":             {multi, parts(maxFields + 7), maxFields, 7},
		"a part that is cut off": {multi, "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1", 0, 0},
		"after a preamble":       {multi, "hello\r\n" + parts(2), 2, 0},
		"without a name":         {multi, "--x\r\n\r\n1\r\n--x\r\nA: b\r\n\r\n1\r\n--x--", 2, 0},
	} {
		s := summary{}
		if tc.kind == multi {
			s.multipart([]byte(tc.body), "x")
		} else {
			s.urlencoded([]byte(tc.body))
		}
		if len(s.Fields) != tc.listed || s.More != tc.more {
			t.Errorf("%s: %d listed and %d more, want %d and %d", name, len(s.Fields), s.More, tc.listed, tc.more)
		}
	}
}

// TestValuesThatAreNotForTheScreen: a name that is too long to be looked at may
// hold anything, and letters that fold into others are those.
func TestValuesThatAreNotForTheScreen(t *testing.T) {
	t.Parallel()
	for name, hidden := range map[string]bool{
		"PassWord": true, "pa\u017f\u017fword": true, "to\u212aen": true, "_x": true, strings.Repeat("a", maxLooked): true, strings.Repeat("a", 4000) + "password": true,
		"item": false, "x_": false, strings.Repeat("a", maxLooked-1): false,
	} {
		s := summary{}
		s.urlencoded([]byte(url.QueryEscape(name) + "=1"))
		if len(s.Fields) != 1 || s.Fields[0].Hidden != hidden {
			t.Errorf("%.40s: %+v", name, s.Fields)
		}
	}
}

// TestPartsAsBrowsersWriteThem, and as other programs do.
func TestPartsAsBrowsersWriteThem(t *testing.T) {
	t.Parallel()
	for disposition, want := range map[string][2]string{
		`form-data; name="a"`: {"a", ""},
		`form-data; name="a; filename=x"; filename="b=c;d.txt"`: {"a; filename=x", "b=c;d.txt"},
		`form-data; name="say %22hi%22%0D%0A"; filename=""`:     {`say "hi"  `, ""},
		`form-data;filename=b.txt;name=a`:                       {"a", "b.txt"},
		`FORM-DATA; NAME="a"`:                                   {"a", ""},
		`form-data`:                                             {"", ""},
		`form-data; name`:                                       {"", ""},
		`form-data; name="`:                                     {"", ""},
		`form-data; name="open`:                                 {"open", ""},
	} {
		if name, file := parameters(disposition); [2]string{name, file} != want {
			t.Errorf("%s: %q %q, want %q", disposition, name, file, want)
		}
	}
}

func FuzzDescribe(f *testing.F) {
	for _, form := range []string{"a=b&c=%41", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n", "--x\r\n\r\n--x", "&&&", "%"} {
		f.Add([]byte(form), "x")
	}
	f.Fuzz(func(t *testing.T, body []byte, boundary string) {
		var s summary
		s.urlencoded(body)
		s.multipart(body, boundary)
		if len(s.Fields) > 2*maxFields || s.More < 0 {
			t.Errorf("%d fields and %d more", len(s.Fields), s.More)
		}
		for _, field := range s.Fields {
			if len(field.Name) > maxLooked+8 || len(field.Value) > maxLooked+8 || field.Hidden && field.Value != "" {
				t.Errorf("%+v", field)
			}
		}
	})
}
