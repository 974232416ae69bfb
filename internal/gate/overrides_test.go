package gate

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An app that believes them serves another path, or does another thing, than
// public paths and step-up rules judged.
func TestHeadersThatReplacePathOrMethod(t *testing.T) {
	h := newHeaders(t, Forwarded())
	for _, name := range []string{
		"X-Original-Url", "x-original-url", "X_Original_URL", "X.Original.Url", "X-Rewrite-Url", "X-REWRITE_URL", "X-Original-Uri", "X-Forwarded-Uri",
		"X-Forwarded-Path", "X_Forwarded_Prefix", "X-Script-Name", "SCRIPT_NAME", "Path-Info", "X-Matched-Path", "X-Replaced-Path", "X-Waws-Unencoded-Url",
		"X-Http-Method-Override", "X_HTTP_METHOD", "X-Method-Override",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header[name] = []string{"/admin"}
		r.Header["Connection"] = []string{"close, " + name}
		h.Scrub(r)
		if diff := cmp.Diff(http.Header{"Connection": {"close"}}, r.Header); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestPassHeaders(t *testing.T) {
	h := newHeaders(t, Forwarded())
	for _, name := range []string{"X-HTTP-Method-Override", "x_forwarded_prefix"} {
		if err := h.Pass(name); err != nil {
			t.Fatal(err)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
	for _, name := range []string{"X-Http-Method-Override", "X_HTTP_METHOD_OVERRIDE", "X-Forwarded-Prefix", "X-Http-Method", "X-Original-Url", "X-Forwarded-User"} {
		r.Header[name] = []string{"PUT"}
	}
	h.Scrub(r)
	want := http.Header{"X-Http-Method-Override": {"PUT"}, "X-Forwarded-Prefix": {"PUT"}}
	if diff := cmp.Diff(want, r.Header); diff != "" {
		t.Error("one spelling of each named header passes, and nothing else", diff)
	}
}

func TestPassHeadersThatCannotPass(t *testing.T) {
	h := newHeaders(t, Identity{{"X-Script-Name", "sub"}})
	if err := h.Carry("X-Original-Uri", nil); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"":                     "not among",
		"Accept":               "not among",
		"X-Forwarded-User":     "identity",
		"REMOTE_USER":          "identity",
		"x-forwarded_groups":   "identity",
		"X-Script-Name":        "identity",
		"X-Original-Uri":       "identity",
		"X-Original-Url\r\nA:": "not among",
	} {
		if err := h.Pass(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want a refusal that says %q", name, err, want)
		}
	}
}
