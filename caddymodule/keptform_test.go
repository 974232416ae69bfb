package caddymodule

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var keptForm = regexp.MustCompile(`data-form="([^"]+)" data-summary="([^"]+)"`)

// own are the headers of a form that a page of the site posts.
var own = []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "same-origin"}

// TestAFormSurvivesTheEndOfItsSession on the whole way through Caddy.
func TestAFormSurvivesTheEndOfItsSession(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b := w.browser()
	form := url.Values{"item": {"Anvil with a secret"}, "quantity": {"2"}}
	p := b.send(http.MethodPost, "/orders?page=2", form, own...)
	m := keptForm.FindStringSubmatch(p.body)
	if p.StatusCode != http.StatusUnauthorized || m == nil || p.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%s %v %s", p.Status, p.Header, p.body)
	}
	sealed, summary := html.UnescapeString(m[1]), html.UnescapeString(m[2])
	if strings.Contains(p.body, "Anvil") || strings.Contains(p.body, "quantity") {
		t.Error("the page holds the form in clear")
	}
	b.signIn("/")
	offer := b.get("/passkeys/resume")
	if offer.StatusCode != http.StatusOK || offer.Header.Get("Referrer-Policy") != "same-origin" ||
		strings.Contains(offer.Header.Get("Content-Security-Policy"), "form-action") {
		t.Errorf("%s %v", offer.Status, offer.Header)
	}
	asked := b.raw("POST /passkeys/resume/summary HTTP/1.1\nHost: {host}\nCookie: {cookies}\nOrigin: " + w.site + "\nContent-Type: application/json\n" +
		"Content-Length: " + lengthOf(`{"summary":""}`+summary) + "\n\n" + `{"summary":"` + summary + `"}`)
	var known struct {
		Path   string
		Fields []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(asked.body), &known); err != nil || known.Path != "/orders?page=2" || len(known.Fields) != 2 {
		t.Errorf("summary: %s %s", asked.Status, asked.body)
	}

	again := "passkeys-resend=" + sealed + "\r\n"
	resend := func() page {
		r := b.raw("POST /orders?page=2 HTTP/1.1\nHost: {host}\nCookie: {cookies}\nOrigin: " + w.site + "\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document\nSec-Fetch-Site: same-origin\n" +
			"Accept: text/html\nContent-Type: text/plain\nContent-Length: " + lengthOf(again) + "\n\n" + strings.TrimSuffix(again, "\r\n") + "\n")
		return r
	}
	got := resend().app(t)
	if got.Path != "/orders?page=2" || got.Headers.Get("Content-Type") != "application/x-www-form-urlencoded" ||
		got.Headers.Get("Content-Length") != lengthOf(form.Encode()) || got.Headers.Get("X-Forwarded-User") == "" {
		t.Errorf("the app gets %+v", got)
	}
	if p := resend(); p.StatusCode != http.StatusConflict || !strings.Contains(p.body, "form_sent_already") {
		t.Errorf("a second time: %s %s", p.Status, p.body)
	}
	logs := w.logs()
	for name, text := range map[string]string{"form": "Anvil", "sealed form": sealed[:100], "summary": summary[:100]} {
		if strings.Contains(logs, text) {
			t.Errorf("the log holds the %s", name)
		}
	}
}

func lengthOf(s string) string { return strconv.Itoa(len(s)) }

func TestFormsAreNotKeptWhereThatIsOff(t *testing.T) {
	w := newWorld(t)
	w.start("resend off")
	b := w.browser()
	p := b.send(http.MethodPost, "/orders", url.Values{"item": {"x"}}, own...)
	if p.StatusCode != http.StatusUnauthorized || !strings.Contains(p.body, "login_required") || keptForm.MatchString(p.body) {
		t.Errorf("%s %s", p.Status, p.body)
	}
	b.signIn("/")
	if p := b.send(http.MethodPost, "/passkeys/resume/summary", url.Values{}); p.StatusCode != http.StatusNotFound {
		t.Errorf("summary: %s", p.Status)
	}
}

// TestCrossSitePostIsNeverKept on the whole way; the gate's test has the cases.
func TestCrossSitePostIsNeverKept(t *testing.T) {
	w := newWorld(t)
	w.start("")
	p := w.browser().send(http.MethodPost, "/orders", url.Values{"item": {"forged"}}, "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document",
		"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
	if p.StatusCode != http.StatusUnauthorized || keptForm.MatchString(p.body) || strings.Contains(p.body, "formkept") {
		t.Errorf("%s %s", p.Status, p.body)
	}
}

func TestAFormThatIsTooLargeIsToldSo(t *testing.T) {
	w := newWorld(t)
	w.start("resend 1KiB")
	p := w.browser().send(http.MethodPost, "/orders", url.Values{"item": {strings.Repeat("x", 300_000)}}, own...)
	if p.StatusCode != http.StatusUnauthorized || !strings.Contains(p.body, "larger than 1.0 KiB") || keptForm.MatchString(p.body) {
		t.Errorf("%s %s", p.Status, p.body)
	}
}
