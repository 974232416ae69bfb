package caddymodule

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/caddyauth"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/rewrite"
	_ "github.com/caddyserver/caddy/v2/modules/filestorage"
	_ "github.com/caddyserver/caddy/v2/modules/logging"
)

var update = flag.Bool("update", false, "rewrite the expected part of testdata/adapt/*.caddyfiletest")

// TestAdapt reads files of a Caddyfile, a line of dashes, and the JSON that it
// adapts to, or a part of the error.
func TestAdapt(t *testing.T) {
	files, err := filepath.Glob("testdata/adapt/*.caddyfiletest")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file) //nolint:gosec // a test file
			if err != nil {
				t.Fatal(err)
			}
			input, want, ok := strings.Cut(string(raw), "----------\n")
			if !ok {
				t.Fatal("no line of ten dashes")
			}
			got := adapt(t, input)
			if *update {
				if err := os.WriteFile(file, []byte(input+"----------\n"+got+"\n"), 0o600); err != nil { //nolint:gosec // a test file
					t.Fatal(err)
				}
				return
			}
			want = strings.TrimSpace(want)
			if strings.HasPrefix(want, "{") && got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			if want == "" || !strings.HasPrefix(want, "{") && !strings.Contains(got, want) {
				t.Errorf("got:\n%s\nwant an error with:\n%s", got, want)
			}
		})
	}
}

// adapt returns the indented JSON, or the error's text.
func adapt(t *testing.T, input string) string {
	t.Helper()
	out, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(input), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		return err.Error()
	}
	for _, w := range warnings {
		if !strings.Contains(w.Message, "not formatted") {
			t.Errorf("warning: %s", w)
		}
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, out, "", "\t"); err != nil {
		t.Fatal(err)
	}
	return indented.String()
}

func FuzzCaddyfile(f *testing.F) {
	files, err := filepath.Glob("testdata/adapt/*.caddyfiletest")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file) //nolint:gosec // a test file
		if err != nil {
			f.Fatal(err)
		}
		input, _, _ := strings.Cut(string(raw), "----------\n")
		f.Add(input)
	}
	f.Fuzz(func(_ *testing.T, input string) {
		// Imports would read the machine's files.
		if strings.Contains(input, "import") {
			return
		}
		_, _, _ = caddyconfig.GetAdapter("caddyfile").Adapt([]byte(input), nil) // must not panic
	})
}
