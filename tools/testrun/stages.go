package main

import (
	"fmt"
	"slices"
	"strings"
)

// kind says how a stage's outcome is counted.
type kind int

const (
	// setup installs something. It is counted only when it fails.
	setup kind = iota
	// check is a command that passes or fails as a whole, such as a linter: one test.
	check
	// counted is a command that prints the events of `go test -json`, counted test by test.
	counted
)

// stage is one command of the test run.
type stage struct {
	name  string
	kind  kind
	dir   string // from the root of the repository; "" is the root itself
	argv  []string
	needs []string // names of setup stages without which this one is pointless
	empty bool     // a stage of tests that may have none
}

// modules are the folders that have a go.mod of their own, the root first.
var modules = []string{"", "e2e", "bench", "tools"}

// widgetTests is the folder of the tests with Okta's real widget.
const widgetTests = "internal/operator/signinpage/widgettest"

// stages lists everything that CI runs, in order. The quick checks come first.
//
// The race stage covers the whole root module, so that a package added later cannot be forgotten. Every other
// stage builds without -race and with the same flags, so that Caddy is compiled twice in a run and not more often.
func stages() []stage {
	all := []stage{
		{name: "compiler", kind: setup, argv: []string{"tools/ensure", "gcc libc6-dev", "gcc", "cc", "clang"}},
		// Debian's server program without its daemon; internal/testkit/redisserver knows it.
		{name: "redis", kind: setup, argv: []string{"tools/ensure", "redis-tools", "redis-server", "valkey-server", "redis-check-rdb"}},
		// For the alerts, and for the demo's metrics as Prometheus reads them.
		{name: "prometheus", kind: setup, argv: []string{"tools/ensure", "prometheus", "prometheus"}},
		{name: "linter", kind: setup, argv: linter("", "version")},
		{name: "node", kind: setup, argv: []string{"tools/node"}},
		{name: "npm", kind: setup, argv: []string{"tools/npm-ci", "assets"}, needs: []string{"node"}},
		// Okta's real widget: the browser tests take it from here too.
		{name: "widget", kind: setup, argv: []string{"tools/npm-ci", widgetTests}, needs: []string{"node"}},
	}
	for _, dir := range modules {
		all = append(all, stage{name: of("vet", dir), kind: check, dir: dir, argv: []string{"go", "vet", "./..."}})
	}
	for _, dir := range modules {
		all = append(all, stage{
			name: of("lint", dir), kind: check, dir: dir, needs: []string{"linter"},
			argv: linter(dir, "run", "--allow-parallel-runners", "./..."),
		})
	}
	return append(
		all,
		stage{name: "assets", kind: check, argv: []string{"make", "--no-print-directory", "assets-check"}},
		stage{name: "exports", kind: check, dir: "tools", argv: []string{"go", "run", "./exports", "..", "../e2e", "../bench"}},
		stage{name: "map", kind: check, argv: []string{"make", "--no-print-directory", "map-check"}},
		stage{
			name: "types", kind: check, dir: "assets", needs: []string{"npm"},
			argv: []string{"npm", "--silent", "run", "check"},
		},
		stage{name: "tools", kind: counted, dir: "tools", argv: goTestJSON("./..."), needs: []string{"node"}},
		stage{name: "scripts", kind: counted, dir: "assets", argv: npmTest("assets"), needs: []string{"npm"}},
		stage{name: "race", kind: counted, argv: goTestJSON("-race", "-p=2", "./..."), needs: []string{"compiler", "redis", "prometheus"}},
		stage{name: "signinpage", kind: counted, dir: widgetTests, argv: npmTest(widgetTests), needs: []string{"widget"}},
		stage{name: "bench", kind: counted, dir: "bench", argv: goTestJSON("./..."), empty: true},
		stage{name: "browser", kind: setup, argv: []string{
			"tools/ensure", "chromium", "chromium", "chromium-browser", "google-chrome",
		}},
		// The browser tests start programs that Go's test cache knows nothing of: never take a cached result.
		stage{
			name: "e2e", kind: counted, dir: "e2e", needs: []string{"browser", "widget"},
			argv: goTestJSON("-count=1", "-p=1", "-timeout=20m", "./..."),
		},
	)
}

// groups name several stages at once.
var groups = map[string]func(stage) bool{
	"all":   func(stage) bool { return true },
	"check": func(s stage) bool { return s.kind == check },
}

// of names a stage of the module in dir: vet, vet-e2e.
func of(name, dir string) string {
	if dir == "" {
		return name
	}
	return name + "-" + dir
}

func goTestJSON(args ...string) []string {
	return append([]string{"go", "test", "-json"}, args...)
}

// npmTest runs a folder's tests and tells of them in the lines of `go test -json`.
func npmTest(dir string) []string {
	up := strings.Repeat("../", strings.Count(dir, "/")+1)
	return []string{"env", "TEST_REPORTER=" + up + "tools/testrun/reporter.mjs", "npm", "--silent", "test"}
}

// linter runs the golangci-lint that tools/go.mod pins, from the module in dir.
func linter(dir string, args ...string) []string {
	modfile := "tools/go.mod"
	if dir != "" {
		modfile = "../tools/go.mod"
	}
	return append([]string{"go", "tool", "-modfile=" + modfile, "golangci-lint"}, args...)
}

// choose returns the stages that the words name, with what they need, in the order of all.
func choose(all []stage, words []string) ([]stage, error) {
	wanted := make(map[string]bool)
	var want func(s stage)
	want = func(s stage) {
		wanted[s.name] = true
		for _, other := range all {
			if slices.Contains(s.needs, other.name) {
				want(other)
			}
		}
	}
	for _, word := range words {
		in, isGroup := groups[word]
		if !isGroup {
			in = func(s stage) bool { return s.name == word }
		}
		found := false
		for _, s := range all {
			if !in(s) {
				continue
			}
			found = true
			want(s)
		}
		if !found {
			return nil, fmt.Errorf("no stage or group is named %q; there are: %s", word, strings.Join(names(all), " "))
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(s stage) bool { return !wanted[s.name] }), nil
}

func names(all []stage) []string {
	list := []string{"all", "check"}
	for _, s := range all {
		list = append(list, s.name)
	}
	return list
}
