package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

// widgetFolder is a folder like dist of Okta's npm package, without the file
// that is left out.
func widgetFolder(t *testing.T, without string) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"js/okta-sign-in.min.js", "js/okta-sign-in.next.js", "css/okta-sign-in.min.css"} {
		if name == without {
			continue
		}
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("the real "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestTheRealWidgetIsServed(t *testing.T) {
	o, err := parseFlags([]string{"--widget", widgetFolder(t, ""), "--widget-generation", "g3"}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	p := process{place: placeAt(8080, false), journal: newJournal(&bytes.Buffer{})}
	idp, err := p.newOkta(o)
	if err != nil {
		t.Fatal(err)
	}
	if got := idp.SignInPage().Generation; got != okta.WidgetG3 {
		t.Errorf("the page is for generation %q", got)
	}
	w := httptest.NewRecorder()
	idp.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/assets/okta-signin-widget/js/okta-sign-in.next.js", nil))
	if got := w.Body.String(); got != "the real js/okta-sign-in.next.js" {
		t.Errorf("%d %q", w.Code, got)
	}
}

func TestAFolderThatIsNotTheWidgets(t *testing.T) {
	for name, folder := range map[string]string{
		"missing": filepath.Join(t.TempDir(), "dist"), "empty": t.TempDir(), "half": widgetFolder(t, "js/okta-sign-in.next.js"), "no name": "",
	} {
		var out, errs bytes.Buffer
		if status := run(t.Context(), []string{"--widget", folder}, &out, &errs); status != 2 || !strings.Contains(errs.String(), "@okta/okta-signin-widget") {
			t.Errorf("%s: exit %d, %q", name, status, errs.String())
		}
	}
}
