// Package docs holds no code. Its test finds what the documentation says of the
// repository and is no longer so.
package docs

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

const root = ".."

// file is a text of the repository, by its path from the root.
type file struct{ name, text string }

// skipped are folders that hold no text of ours.
var skipped = map[string]bool{".git": true, "node_modules": true, "dist": true, "screenshots": true, ".bin": true, "bin": true}

func files(t *testing.T, want func(name string) bool) (found []file) {
	t.Helper()
	tree := os.DirFS(root)
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && skipped[entry.Name()]:
			return fs.SkipDir
		case entry.IsDir() || !want(name):
			return nil
		}
		raw, err := fs.ReadFile(tree, name)
		found = append(found, file{name, string(raw)})
		return err
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("no files: %v", err)
	}
	return found
}

func ending(suffix string) func(string) bool {
	return func(name string) bool { return strings.HasSuffix(name, suffix) }
}

func exists(name string) bool {
	_, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
	return err == nil
}

var (
	fence   = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	code    = regexp.MustCompile("`[^`\n]+`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"`)
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.*)$`)
)

// anchors are the fragments that GitHub gives to the headings of a page.
func anchors(page string) map[string]bool {
	found := make(map[string]bool)
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		found[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(m[1]))] = true
	}
	return found
}

func TestLinksLeadSomewhere(t *testing.T) {
	pages := make(map[string]map[string]bool)
	all := files(t, ending(".md"))
	for _, f := range all {
		pages[f.name] = anchors(f.text)
	}
	for _, f := range all {
		text := code.ReplaceAllString(fence.ReplaceAllString(f.text, ""), "")
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target := m[1] + m[2]
			if strings.Contains(target, "://") || strings.Contains(target, "…") {
				continue // elsewhere, or a sample
			}
			name, fragment, _ := strings.Cut(target, "#")
			if name = path.Join(path.Dir(f.name), name); strings.HasPrefix(target, "#") {
				name = f.name
			}
			if !exists(name) {
				t.Errorf("%s: %s is not there", f.name, target)
			} else if fragment != "" && pages[name] != nil && !pages[name][fragment] {
				t.Errorf("%s: %s has no heading for #%s", f.name, name, fragment)
			}
		}
	}
}

// named is a path of this repository in a text, like internal/gate or
// docs/paths.md. What stands for several (<…>, *, …) is none.
var named = regexp.MustCompile(`(?:^|[^\w./<>*…-])((?:internal|caddymodule|cmd|e2e|bench|tools|assets|docs)/[\w./*<>…-]+)`)

// made are files that are there only after a build or a run.
var made = []string{"e2e/screenshots"}

func TestNamedFilesExist(t *testing.T) {
	for _, f := range files(t, func(name string) bool {
		return strings.HasSuffix(name, ".md") || strings.HasSuffix(name, "doc.go") || name == "Makefile" || name == "Caddyfile.example"
	}) {
		text := f.text
		if f.name == "CHANGELOG.md" {
			continue // tells of what was, too
		}
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			name := strings.TrimRight(m[1], "./")
			if strings.ContainsAny(name, "*<>…") || exists(name) || exists(path.Join(path.Dir(f.name), name)) {
				continue
			}
			// A package and a name in it: internal/gate.Route.
			if at := strings.LastIndex(name, "."); at > 0 && exists(name[:at]) {
				continue
			}
			if !strings.HasPrefix(name, made[0]) {
				t.Errorf("%s: there is no %s", f.name, name)
			}
		}
	}
}

func TestDocGoNamesFilesThatExist(t *testing.T) {
	goFile := regexp.MustCompile(`\b[a-z0-9_]+\.go\b`)
	for _, f := range files(t, ending("doc.go")) {
		for _, name := range goFile.FindAllString(f.text, -1) {
			if !exists(path.Join(path.Dir(f.name), name)) {
				t.Errorf("%s: there is no %s beside it", f.name, name)
			}
		}
	}
}

func TestScriptsAreListed(t *testing.T) {
	list := files(t, func(name string) bool { return name == "assets/README.md" })[0].text
	for _, f := range files(t, func(name string) bool { return path.Dir(name) == "assets/src" && strings.HasSuffix(name, ".ts") }) {
		if name := path.Base(f.name); !strings.Contains(list, "`"+name+"`") {
			t.Errorf("assets/README.md does not list %s", name)
		}
	}
}

func TestNamedTestsExist(t *testing.T) {
	var tests strings.Builder
	for _, f := range files(t, ending("_test.go")) {
		tests.WriteString(f.text)
	}
	for _, f := range files(t, ending(".md")) {
		for _, name := range regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w+`).FindAllString(f.text, -1) {
			if !strings.Contains(tests.String(), "func "+name+"(") {
				t.Errorf("%s: there is no test %s", f.name, name)
			}
		}
	}
}

func TestDecisionsExist(t *testing.T) {
	numbers := regexp.MustCompile(`(?i)\bdecisions?[ /]\d{3}(?:(?:, | and |/)\d{3})*|\(0\d\d\)`)
	digits := regexp.MustCompile(`\d{3}`)
	for _, f := range files(t, func(name string) bool { return strings.HasSuffix(name, ".md") || strings.HasSuffix(name, ".go") }) {
		for _, mention := range numbers.FindAllString(f.text, -1) {
			for _, number := range digits.FindAllString(mention, -1) {
				if found, _ := filepath.Glob(filepath.Join(root, "docs/decisions", number+"-*.md")); len(found) != 1 {
					t.Errorf("%s: there is no decision %s", f.name, number)
				}
			}
		}
	}
}

// TestNoRowStandsTwice looks for rows of a table that begin alike: that differ in
// their last cell at most.
func TestNoRowStandsTwice(t *testing.T) {
	for _, f := range files(t, ending(".md")) {
		seen := make(map[string]bool)
		for line := range strings.Lines(fence.ReplaceAllString(f.text, "")) {
			line = strings.Trim(strings.TrimSpace(line), "|")
			if !strings.Contains(line, " | ") {
				clear(seen) // another table
				continue
			}
			begins := line[:strings.LastIndex(line, " | ")]
			if strings.Trim(begins, " |-") == "" {
				continue
			}
			if seen[begins] {
				t.Errorf("%s: two rows begin with: %s", f.name, begins)
			}
			seen[begins] = true
		}
	}
}
