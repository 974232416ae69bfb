package caddymodule

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
)

var (
	caddyfileBlock = regexp.MustCompile("(?ms)^```caddyfile\n(.*?)^```")
	secretFile     = regexp.MustCompile(`/run/secrets/[a-z0-9_]+`)
)

// TestDocumentedCaddyfilesWork adapts and provisions what we tell people to
// write: Caddyfile.example and every Caddyfile block of the README and the
// guides.
func TestDocumentedCaddyfilesWork(t *testing.T) {
	samples := map[string]string{"Caddyfile.example": readFile(t, "../Caddyfile.example")}
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(pages, "../README.md") {
		for i, m := range caddyfileBlock.FindAllStringSubmatch(readFile(t, file), -1) {
			samples[filepath.Base(file)+"#"+string(rune('1'+i))] = m[1]
		}
	}
	if len(samples) < 2 {
		t.Fatal("the README shows no Caddyfile")
	}
	t.Setenv("OKTA_CLIENT_ID", "0oa1client")
	t.Setenv("AUTH0_CLIENT_ID", "AbCdEf")
	t.Setenv("CORBADO_PROJECT_ID", "pro-1234567890")
	for name, sample := range samples {
		t.Run(name, func(t *testing.T) { provision(t, sample) })
	}
}

// provision stands in for the machine that the sample is written for: its
// secret files, its log folder, and no certificates to fetch.
func provision(t *testing.T, sample string) {
	t.Helper()
	dir := t.TempDir()
	for _, path := range secretFile.FindAllString(sample, -1) {
		file := filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(file, []byte("corbado1_"+strings.Repeat("s", 40)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		sample = strings.ReplaceAll(sample, path, file)
	}
	sample = strings.ReplaceAll(sample, "/var/log/caddy", dir)
	raw, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(sample), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		t.Errorf("warning: %s", w)
	}
	var cfg caddy.Config
	if err := json.Unmarshal(raw, &cfg); err != nil {
		t.Fatal(err)
	}
	storage, err := json.Marshal(map[string]string{"module": "file_system", "root": dir})
	if err != nil {
		t.Fatal(err)
	}
	cfg.StorageRaw = storage
	if err := caddy.Validate(&cfg); err != nil {
		t.Error(err)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(name) //nolint:gosec // a file of the repository
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
