package caddymodule

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// productCode is the text of every Go file of the product, without tests and
// without the stand-ins for the clouds.
func productCode(t *testing.T) string {
	t.Helper()
	var code strings.Builder
	for _, root := range []string{".", "../internal"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "emulator":
				return fs.SkipDir
			case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
				code.WriteString(readFile(t, path))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return code.String()
}

// explained returns the quoted texts in the first column of a table of
// docs/operations.md.
func explained(t *testing.T, heading string) (texts []string) {
	t.Helper()
	_, rest, found := strings.Cut(readFile(t, "../docs/operations.md"), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("docs/operations.md has no heading %q", heading)
	}
	table, _, _ := strings.Cut(rest, "\n## ")
	for _, row := range rows(table)[1:] {
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[0], -1) {
			texts = append(texts, strings.Trim(m[1], "… ,"))
		}
	}
	return texts
}

// TestOperationsHaveEveryCode holds the table of codes against the code.
func TestOperationsHaveEveryCode(t *testing.T) {
	code, codes := productCode(t), explained(t, "Codes")
	for _, name := range codes {
		if !strings.Contains(code, `"`+name+`"`) {
			t.Errorf("docs/operations.md explains the code %s, which nothing gives", name)
		}
	}
	given := regexp.MustCompile(`(?:Code:|[cC]ode[A-Z]\w* *=|http\.Status\w+,) *"([a-z]+(?:_[a-z]+)+)"|"([a-z]+(?:_[a-z]+)+)", *http\.Status`)
	found := given.FindAllStringSubmatch(code, -1)
	if len(found) < 40 {
		t.Errorf("found %d codes in the code: has their form changed?", len(found))
	}
	// The sign-outs' answers have a table of their own, by status.
	codes = append(codes, "token_required")
	for _, m := range found {
		if name := m[1] + m[2]; !slices.Contains(codes, name) {
			t.Errorf("docs/operations.md does not explain the code %s", name)
		}
	}
}

// TestOperationsHaveEveryLogLine holds the table of log lines against what the
// code writes at INFO and above.
func TestOperationsHaveEveryLogLine(t *testing.T) {
	code, lines := productCode(t), explained(t, "Log lines")
	for _, line := range lines {
		if !strings.Contains(code, line) {
			t.Errorf("docs/operations.md explains the log line %q, which nothing writes", line)
		}
	}
	written := regexp.MustCompile(`(?:(?:Info|Warn|Error)Context\([\w.()]+, |slog\.Level(?:Info|Warn|Error), )"([^"]+)"`)
	found := written.FindAllStringSubmatch(code, -1)
	if len(found) < 40 {
		t.Errorf("found %d log lines in the code: has their form changed?", len(found))
	}
	for _, m := range found {
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(m[1], line) }) {
			t.Errorf("docs/operations.md does not explain the log line %q", m[1])
		}
	}
}
