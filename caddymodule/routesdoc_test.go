package caddymodule

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
)

var (
	routeRow  = regexp.MustCompile("(?m)^\\| ((?:`[^`]+`(?:, )?)+) \\|")
	routeCode = regexp.MustCompile("`(?:([A-Z, ]+) )?(/[^`?…]*)(?:…|\\?[^`]*)?`")
)

// TestTheReferenceListsTheRoutes holds docs/reference.md against the table.
func TestTheReferenceListsTheRoutes(t *testing.T) {
	want := make(map[string][]string)
	for _, r := range everyRoute() {
		path := "/passkeys" + r.Path
		switch {
		case r.Path == "":
			continue // the same page as "/"
		case r.Rules&gate.Root != 0:
			path = r.Path
		}
		for _, method := range r.Methods {
			if method != http.MethodHead {
				want[path] = append(want[path], method)
			}
		}
	}
	_, text, found := strings.Cut(readFile(t, "../docs/reference.md"), "\n## Routes\n")
	if !found {
		t.Fatal("no section Routes")
	}
	text, _, _ = strings.Cut(text, "\n## ")
	got := make(map[string][]string)
	for _, row := range routeRow.FindAllStringSubmatch(text, -1) {
		methods := ""
		for _, code := range routeCode.FindAllStringSubmatch(row[1], -1) {
			if code[1] != "" {
				methods = code[1]
			}
			got[code[2]] = append(got[code[2]], strings.Split(methods, ", ")...)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/reference.md lists other routes than caddymodule/routes.go (-code +docs):\n%s", diff)
	}
}
