package caddymodule

import (
	"net/http"
	"strings"
	"testing"
)

// Nobody, and no user either, can tell the app another path or method than the
// one that the gate judged.
func TestHeadersThatReplacePathOrMethod(t *testing.T) {
	w := newWorld(t)
	w.start("pass_headers X-Forwarded-Prefix")
	alice, nobody := w.browser(), w.browser()
	alice.signIn("/orders")
	for _, name := range []string{
		"X-Original-URL", "X-Rewrite-URL", "X-Original-Uri", "X-Forwarded-Uri", "X-Forwarded-Path", "X-Script-Name", "x_original-url", "SCRIPT_NAME",
		"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X_Http_Method",
	} {
		for who, p := range map[string]page{
			"nobody": nobody.get("/static/x.css", name, "/admin/DELETE"),
			"alice":  alice.get("/orders", name, "/admin/DELETE"),
		} {
			for got, values := range p.app(t).Headers {
				if strings.Contains(strings.Join(values, ","), "/admin/DELETE") {
					t.Errorf("%s, %s: the app got %s: %q", name, who, got, values)
				}
			}
		}
	}
	if got := nobody.get("/static/x.css", "X-Forwarded-Prefix", "/shop").app(t).Headers.Get("X-Forwarded-Prefix"); got != "/shop" {
		t.Errorf("a header that may pass arrived as %q", got)
	}
}

func TestPassHeadersThatAreOurs(t *testing.T) {
	w := newWorld(t)
	for _, extra := range []string{
		"identity {\n X-Script-Name sub\n}\npass_headers X-Script-Name",
		"assertion {\n header X-Original-Url\n}\npass_headers X-Original-Url",
	} {
		if err := load(t, w.caddyfile(extra)); err == nil || !strings.Contains(err.Error(), "is ours in this configuration") {
			t.Errorf("%s: %v", extra, err)
		}
	}
}

// Spellings of a path that apps on Windows and decoders that are too kind take
// for another one.
func TestOddSpellingsOfAPath(t *testing.T) {
	w := newWorld(t)
	w.start("step_up 30s /admin/* acr strong")
	alice, nobody := w.browser(), w.browser()
	alice.signIn("/orders")
	for _, target := range []string{
		"/admin/x", "/ADMIN/x", "/admin./x", "/admin%20/x", "/admin::$INDEX_ALLOCATION/x", "/admin~1/x", "/%c1%a1dmin/x", "/%ef%bd%81dmin/x",
	} {
		p := alice.get(target, "Sec-Fetch-Mode", "cors", "Accept", "application/json")
		if p.StatusCode != http.StatusUnauthorized || !strings.Contains(p.body, "step_up_required") {
			t.Errorf("%s asked for nothing: %s %s", target, p.Status, p.body)
		}
	}
	alice.get("/orders/my%20report-(1).[pdf]").app(t)
	for _, target := range []string{
		"/static/%c0%ae%c0%ae/admin", "/static/%ef%bc%8e%ef%bc%8e/admin", "/static/x./y", "/static/x::$DATA", "/static/ADMINI~1", "/STATIC/x",
	} {
		if p := nobody.get(target, "Sec-Fetch-Mode", "cors", "Accept", "application/json"); p.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s passed as public: %s", target, p.Status)
		}
	}
}
