package answer

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
)

func request(method, kind, body string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return r
}

func TestJSONIsForThisClientOnly(t *testing.T) {
	for method, want := range map[string]string{http.MethodGet: `{"a":"<"}`, http.MethodHead: ""} {
		w := httptest.NewRecorder()
		if err := JSON(w, request(method, "", ""), http.StatusTeapot, map[string]string{"a": "<"}); err != nil {
			t.Fatal(err)
		}
		got := strings.ReplaceAll(w.Body.String(), `\u003c`, "<")
		if w.Code != http.StatusTeapot || got != want || w.Header().Get("Content-Length") != "14" {
			t.Errorf("%s: %d %q %v", method, w.Code, got, w.Header())
		}
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "Content-Type": "application/json", "X-Content-Type-Options": "nosniff",
			"Cross-Origin-Resource-Policy": "same-origin", "Referrer-Policy": "no-referrer",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %q", name, got)
			}
		}
	}
	w := httptest.NewRecorder()
	if err := JSON(w, request(http.MethodGet, "", ""), http.StatusOK, make(chan int)); err == nil || len(w.Header()) > 0 {
		t.Errorf("what is no JSON: %v, %v", err, w.Header())
	}
}

func TestDocumentIsForEverybody(t *testing.T) {
	w := httptest.NewRecorder()
	Document(w, request(http.MethodGet, "", ""), []byte("{}"), time.Hour)
	if h := w.Header(); w.Code != http.StatusOK || w.Body.String() != "{}" || h.Get("Cache-Control") != "public, max-age=3600" || h.Get("Cross-Origin-Resource-Policy") != "" {
		t.Errorf("%d %q %v", w.Code, w.Body, h)
	}
}

func TestBodiesThatAreNotTaken(t *testing.T) {
	for name, tc := range map[string]struct{ kind, body, code string }{
		"good":            {"application/json; charset=utf-8", `{"a":"b"}`, ""},
		"a form":          {"text/plain", `{"a":"b"}`, "json_required"},
		"no type":         {"", `{"a":"b"}`, "json_required"},
		"a type like it":  {"application/jsonx", `{"a":"b"}`, "json_required"},
		"too large":       {"application/json", `{"a":"` + strings.Repeat("b", 20) + `"}`, "body_too_large"},
		"no JSON":         {"application/json", `{"a":`, "invalid_body"},
		"another type":    {"application/json", `[1]`, "invalid_body"},
		"something after": {"application/json", `{"a":"b"} x`, "invalid_body"},
	} {
		var got struct{ A string }
		err := Read(httptest.NewRecorder(), request(http.MethodPost, tc.kind, tc.body), 20, &got)
		switch pr, ok := errors.AsType[*problem.Problem](err); {
		case tc.code == "" && (err != nil || got.A != "b"):
			t.Errorf("%s: %+v, %v", name, got, err)
		case tc.code != "" && (!ok || pr.Code != tc.code || pr.Err == nil):
			t.Errorf("%s: %v, want %s", name, err, tc.code)
		}
	}
}
