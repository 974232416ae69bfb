package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	oldNode   = "#!/bin/sh\n[ \"$1\" = --version ] && echo v18.18.0 && exit 0\nexit 1\n"
	newNode   = "#!/bin/sh\n[ \"$1\" = --version ] && echo v18.20.4\nexit 0\n"
	fakeNPM   = "#!/bin/sh\necho npm \"$@\" >> \"$CALLS\"\n"
	brokenNPM = "#!/bin/sh\nmkdir -p node_modules\necho ENOTFOUND >&2\nexit 1\n"
)

// machine is a PATH of its own: a shell's tools, and what a test puts beside them.
type machine struct {
	t     *testing.T
	bin   string
	calls string
}

func newMachine(t *testing.T, files map[string]string) *machine {
	t.Helper()
	m := &machine{t, t.TempDir(), filepath.Join(t.TempDir(), "calls")}
	for _, name := range []string{"bash", "sh", "env", "cp", "cmp", "mkdir", "chmod"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(m.bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range files {
		m.put(name, text)
	}
	return m
}

func (m *machine) put(name, text string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.bin, name), []byte(text), 0o700); err != nil { //nolint:gosec // a program
		m.t.Fatal(err)
	}
}

// run runs one of the scripts beside this folder and returns what it said.
func (m *machine) run(script string, args ...string) (string, error) {
	m.t.Helper()
	path, err := filepath.Abs(filepath.Join("..", script))
	if err != nil {
		m.t.Fatal(err)
	}
	cmd := exec.CommandContext(m.t.Context(), path, args...) //nolint:gosec // a script of ours
	cmd.Env = []string{"PATH=" + m.bin, "CALLS=" + m.calls, "BIN=" + m.bin}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// called are the commands that the fakes were asked for.
func (m *machine) called() string {
	m.t.Helper()
	raw, err := os.ReadFile(m.calls)
	if err != nil && !os.IsNotExist(err) {
		m.t.Fatal(err)
	}
	return string(raw)
}

func TestNodeIsInstalledWhereItIsMissing(t *testing.T) {
	t.Parallel()
	const root, user = "#!/bin/sh\necho 0\n", "#!/bin/sh\necho 1000\n"
	// apt-get leaves what the package would.
	const aptGet = "#!/bin/sh\necho apt-get \"$@\" >> \"$CALLS\"\nfor word; do case $word in\n" +
		"nodejs) cp \"$BIN/new\" \"$BIN/node\" ;; npm) cp \"$BIN/new\" \"$BIN/npm\" ;; esac; done\n"
	for _, tc := range []struct {
		name   string
		files  map[string]string
		calls  string // the last one
		says   string
		refuse bool
	}{
		{name: "both are there", files: map[string]string{"node": newNode, "npm": fakeNPM}, says: "v18.20.4"},
		{name: "neither", files: map[string]string{"id": root, "apt-get": aptGet}, calls: "install -y --no-install-recommends nodejs npm\n"},
		{name: "node without npm", files: map[string]string{"node": newNode, "id": root, "apt-get": aptGet}, calls: "--no-install-recommends npm\n"},
		{
			name:  "as a user with sudo",
			files: map[string]string{"id": user, "apt-get": aptGet, "sudo": "#!/bin/sh\necho sudo >> \"$CALLS\"\nexec \"$@\"\n"},
			calls: "nodejs npm\n",
		},
		{name: "as a user without", files: map[string]string{"id": user, "apt-get": aptGet}, says: "As root: apt-get install nodejs npm", refuse: true},
		{name: "not on Debian", says: "on Debian it is in: nodejs npm", refuse: true},
		{
			name: "too old", files: map[string]string{"node": oldNode, "npm": fakeNPM},
			says: "v18.18.0 is too old: the tests need 18.19", refuse: true,
		},
		{
			name:   "the installation fails",
			files:  map[string]string{"id": root, "apt-get": "#!/bin/sh\necho no network >&2\nexit 100\n"},
			says:   "no network",
			refuse: true,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, tc.files)
			m.put("new", newNode)
			out, err := m.run("node")
			if (err != nil) != tc.refuse || !strings.Contains(out, tc.says) {
				t.Errorf("%v: %s", err, out)
			}
			if got := m.called(); (got != "") != (tc.calls != "") || !strings.HasSuffix(got, tc.calls) {
				t.Errorf("called %q, want %q at the end", got, tc.calls)
			}
		})
	}
}

func TestPackagesAreInstalledOnce(t *testing.T) {
	t.Parallel()
	m := newMachine(t, map[string]string{"npm": brokenNPM})
	dir := t.TempDir()
	lock := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "package-lock.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lock("one")
	if out, err := m.run("npm-ci", dir); err == nil || !strings.Contains(out, "ENOTFOUND") || !strings.Contains(out, "npm ci failed in "+dir) {
		t.Errorf("without network: %v %s", err, out)
	}
	m.put("npm", fakeNPM)
	for _, step := range []struct{ name, calls string }{
		{"half an installation is made anew", "npm ci --no-progress\n"},
		{"a whole one is kept", "npm ci --no-progress\n"},
		{"another lock file", "npm ci --no-progress\nnpm ci --no-progress\n"},
	} {
		if step.name == "another lock file" {
			lock("two")
		}
		if out, err := m.run("npm-ci", dir); err != nil || m.called() != step.calls {
			t.Errorf("%s: %v %s; called %q", step.name, err, out, m.called())
		}
	}
}

// TestLockFilesNameNoRegistry: npm asks the registry that its user has set, which may be a mirror.
func TestLockFilesNameNoRegistry(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"assets", widgetTests, "internal/emulator/corbado/cdn"} {
		raw, err := os.ReadFile(filepath.Join("../..", dir, "package-lock.json")) //nolint:gosec // a file of ours
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), `"resolved"`) || strings.Contains(string(raw), "registry.") {
			t.Errorf("%s: the lock file names a registry", dir)
		}
	}
}
