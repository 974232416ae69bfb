package caddymodule

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
)

// section returns the part of docs/reference.md from a heading to the next one
// of its level or above.
func section(t *testing.T, heading string) string {
	t.Helper()
	level, _, _ := strings.Cut(heading, " ")
	_, rest, found := strings.Cut(readFile(t, "../docs/reference.md"), "\n"+heading+"\n")
	if !found {
		t.Fatalf("docs/reference.md has no heading %q", heading)
	}
	if next := regexp.MustCompile(`(?m)^#{1,` + strconv.Itoa(len(level)) + `} `).FindStringIndex(rest); next != nil {
		rest = rest[:next[0]]
	}
	return rest
}

// rows returns the cells of a table's rows; the first is its head.
func rows(text string) (all [][]string) {
	const pipe = "\x00"
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.ReplaceAll(line, `\|`, pipe), "|"), "|")
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(strings.ReplaceAll(cell, pipe, "|"))
		}
		all = append(all, cells)
	}
	return all
}

var (
	settingName  = regexp.MustCompile("^`([a-z_]+)")
	settingsList = regexp.MustCompile(`unknown setting 'zzzzzzzzzzzz' in \w+; the settings are ([a-z_, ]+), at `)
)

// settingsOf asks the parser itself, by a setting that there is not.
func settingsOf(opening, closing string) []string {
	err := new(Passkeys).UnmarshalCaddyfile(caddyfile.NewTestDispenser("passkeys {\n" + opening + "zzzzzzzzzzzz\n" + closing + "}\n"))
	if err == nil {
		return nil
	}
	m := settingsList.FindStringSubmatch(err.Error())
	if m == nil {
		return nil
	}
	return strings.Split(m[1], ", ")
}

// TestReferenceHasEverySetting holds the tables of settings, and the syntax in
// the doc comment of UnmarshalCaddyfile, against the parser.
func TestReferenceHasEverySetting(t *testing.T) {
	syntax := readFile(t, "caddyfile.go")
	documented := func(heading string, want []string) {
		got := make(map[string]bool)
		for _, row := range rows(section(t, heading))[1:] {
			if m := settingName.FindStringSubmatch(row[0]); m != nil {
				got[m[1]] = true
			}
		}
		if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, want) {
			t.Errorf("docs/reference.md, %s: the settings are\n%v, documented are\n%v", heading, want, names)
		}
		for _, name := range want {
			if !regexp.MustCompile(`(?m)^//\t+` + name + `\b`).MatchString(syntax) {
				t.Errorf("the syntax in the comment of UnmarshalCaddyfile lacks %s (%s)", name, heading)
			}
		}
	}
	top := settingsOf("", "")
	documented("### The block itself", top)
	blocks := 0
	for _, name := range top {
		inside := settingsOf(name+" {\n", "}\n")
		if inside == nil {
			inside = settingsOf(name+" redis://localhost {\n", "}\n")
		}
		if inside != nil {
			blocks++
			documented("### "+name, inside)
		}
	}
	if headings := strings.Count(section(t, "## Settings"), "\n### ") - 1; blocks != headings {
		t.Errorf("docs/reference.md has %d headings for blocks of settings; the parser knows %d", headings, blocks)
	}
}

// TestReferenceExampleHasEverySetting holds Caddyfile.example, with its comments
// taken for lines, against the parser.
func TestReferenceExampleHasEverySetting(t *testing.T) {
	example := regexp.MustCompile(`(?m)^(\t+)# `).ReplaceAllString(readFile(t, "../Caddyfile.example"), "$1")
	shows := func(text, indent, name string) bool {
		return regexp.MustCompile(`(?m)^` + indent + name + `( |$)`).MatchString(text)
	}
	for _, name := range settingsOf("", "") {
		if !shows(example, "\t\t", name) {
			t.Errorf("Caddyfile.example lacks %s", name)
		}
		inside := settingsOf(name+" {\n", "}\n")
		if inside == nil {
			inside = settingsOf(name+" redis://localhost {\n", "}\n")
		}
		block := regexp.MustCompile(`(?ms)^\t\t` + name + `( \S+)? \{$.*?^\t\t\}$`).FindString(example)
		for _, setting := range inside {
			if !shows(block, "\t\t\t", setting) {
				t.Errorf("Caddyfile.example lacks %s { %s }", name, setting)
			}
		}
	}
}

// TestReferenceHasEveryHeader holds the tables of headers against the rooms that
// set and delete them.
func TestReferenceHasEveryHeader(t *testing.T) {
	var forwarded, remote gate.Identity
	table := section(t, "## Headers for the app")
	for _, row := range rows(table)[1:] {
		claim := strings.Trim(strings.Fields(row[2])[0], "`,")
		if row[0] != "" {
			forwarded = append(forwarded, gate.Mapping{Header: strings.Trim(row[0], "`"), Claim: claim})
		}
		if row[1] != "" {
			remote = append(remote, gate.Mapping{Header: strings.Trim(row[1], "`"), Claim: claim})
		}
	}
	if !slices.Equal(forwarded, gate.Forwarded()) || !slices.Equal(remote, gate.Remote()) {
		t.Errorf("docs/reference.md says\n%v\n%v, the gate\n%v\n%v", forwarded, remote, gate.Forwarded(), gate.Remote())
	}
	if !strings.Contains(table, defaultAssertionHeader) {
		t.Errorf("docs/reference.md does not name %s", defaultAssertionHeader)
	}
	paths := readFile(t, "../docs/paths.md")
	for name := range strings.FieldsSeq(quotedAfter(t, "../internal/gate/overrides.go", "var overrides = ")) {
		if !strings.Contains(strings.ToLower(paths), "`"+name+"`") {
			t.Errorf("docs/paths.md does not list %s, which is deleted", name)
		}
	}
	_, listed, _ := strings.Cut(paths, "## Headers that replace path or method")
	listed, _, _ = strings.Cut(listed, "\nIf your app needs one")
	for _, m := range regexp.MustCompile("`([A-Za-z]+-[A-Za-z-]+)`").FindAllStringSubmatch(listed, -1) {
		if err := gate.CheckOverride(m[1]); err != nil {
			t.Errorf("docs/paths.md: %v", err)
		}
	}
}

// quotedAfter returns the texts in a list of a Go file, with spaces between.
func quotedAfter(t *testing.T, file, opening string) string {
	t.Helper()
	_, rest, found := strings.Cut(readFile(t, file), opening)
	list, _, closed := strings.Cut(rest, "\n}")
	if !found || !closed {
		t.Fatalf("%s has no %s", file, opening)
	}
	var names []string
	for _, m := range regexp.MustCompile(`"([a-z-]+)"`).FindAllStringSubmatch(list, -1) {
		names = append(names, m[1])
	}
	return strings.Join(names, " ")
}

// cookieNotes collects the names of the cookies that a site sets.
type cookieNotes struct {
	site  string
	names map[string]bool
}

func (n cookieNotes) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && strings.HasPrefix(r.URL.String(), n.site+"/") {
		for _, c := range resp.Cookies() {
			n.names[c.Name] = true
		}
	}
	return resp, err
}

// TestReferenceHasEveryCookie plays a journey and holds what the site set
// against the table. The cookie of the fragment is set by script.
func TestReferenceHasEveryCookie(t *testing.T) {
	w := newWorld(t)
	w.start("")
	b, set := w.browser(), make(map[string]bool)
	b.Transport = cookieNotes{w.site, set}
	b.signIn("/orders")
	body := strings.NewReader(`{"status":"complete","clientState":"eyJ9"}`)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.site+"/passkeys/append/result", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusNoContent {
		t.Fatalf("the result of the offer: %s, %v", resp.Status, err)
	}
	documented := make(map[string]bool)
	for _, row := range rows(section(t, "## Cookies"))[1:] {
		name := strings.Trim(row[0], "`")
		// On plain http the names have no prefix.
		name = strings.TrimPrefix(strings.TrimPrefix(name, "__Host-"), "__Secure-")
		documented[name] = true
	}
	for name := range set {
		if strings.HasPrefix(name, "passkeys-login-") {
			delete(set, name)
			set["passkeys-login-…"] = true
		}
	}
	set["passkeys-fragment"] = true
	if !maps.Equal(documented, set) {
		t.Errorf("docs/reference.md has the cookies\n%v, the site sets\n%v", slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(set)))
	}
}
