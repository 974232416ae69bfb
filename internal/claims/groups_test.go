package claims

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func numbered(format string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(format, i)
	}
	return names
}

// keptGroups reads a groups claim and returns what a session holds of it, and
// what the log says.
func keptGroups(t *testing.T, g Groups, claim any) (kept, log string) {
	t.Helper()
	raw, err := json.Marshal(claim)
	if err != nil {
		t.Fatal(err)
	}
	c := careful{claims: Set{"groups": raw}, drop: func(claim, reason string) { log += claim + ": " + reason + "\n" }}
	return c.groups(g), log
}

func newGroups(t *testing.T, list, needed []string) Groups {
	t.Helper()
	g, err := NewGroups(list, needed)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGroups(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		list, needed []string
		claim        any
		want, log    string
	}{
		{claim: []string{"a", "b"}, want: "a,b"},
		{claim: "single", want: "single"},
		{claim: []string{}},
		{claim: []string{"Sales, EMEA", "100%"}, want: "Sales%2C EMEA,100%25"},
		{claim: map[string]any{"a": 1}, log: "groups: not text\n"},
		{claim: []string{"a", "", "b\n", "c"}, want: "a,c", log: "groups: 2 of 4 values are empty or hold control characters\n"},
		{claim: []string{"a", "b", "a"}, want: "a,b"},
		// What is not on the list is left out silently: that is what the list is for.
		{list: []string{"app-*", "Ops"}, claim: []string{"Everyone", "app-a", "ops", "Ops", "xapp-b", "app-"}, want: "app-a,Ops,app-"},
		{list: []string{"app-*"}, needed: []string{"staff"}, claim: []string{"Everyone", "app-a", "staff"}, want: "app-a,staff"},
		{needed: []string{"staff"}, claim: []string{"Everyone", "staff"}, want: "Everyone,staff"},
	} {
		kept, log := keptGroups(t, newGroups(t, c.list, c.needed), c.claim)
		if kept != c.want || log != c.log {
			t.Errorf("%q of %v: %q, log %q; want %q, %q", c.list, c.claim, kept, log, c.want, c.log)
		}
	}
}

// The cookie and the header of a user in very many groups stay small, and one
// line says what was left out and what to do.
func TestTooManyGroups(t *testing.T) {
	t.Parallel()
	short, long := numbered("g%d", 150), numbered("department-with-a-rather-long-name-and-more-to-it-of-%04d", 60)
	for name, c := range map[string]struct {
		claim   []string
		want    string
		leftOut string
	}{
		"names":            {short, strings.Join(short[:50], ","), "groups: 100 of 150 groups: a session holds at most 50 and 2048 bytes"},
		"bytes":            {long, strings.Join(long[:35], ","), "groups: 25 of 60 groups: "},
		"one that is huge": {[]string{"a", strings.Repeat("x", 3000), "b"}, "a,b", "groups: 1 of 3 groups: "},
	} {
		kept, log := keptGroups(t, Groups{}, c.claim)
		if kept != c.want || len(kept) > maxGroupBytes || strings.Count(log, "\n") != 1 || !strings.HasPrefix(log, c.leftOut) || !strings.Contains(log, "with the groups setting") {
			t.Errorf("%s: %d groups, log %q", name, strings.Count(kept, ",")+1, log)
		}
	}
}

// A user must not lose access because other groups came first.
func TestGroupsThatAccessNeedsAreNotCut(t *testing.T) {
	t.Parallel()
	claim := append(numbered("g%d", 150), "staff")
	for _, list := range [][]string{nil, {"g*"}, {"nothing"}} {
		kept, _ := keptGroups(t, newGroups(t, list, []string{"staff"}), claim)
		if names := strings.Split(kept, ","); names[len(names)-1] != "staff" || len(names) > maxGroups {
			t.Errorf("list %q: kept %q", list, kept)
		}
	}
}

func TestGroupsListMistakes(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"":     "whole name, or a prefix",
		" a":   "whole name, or a prefix",
		"a *":  "whole name, or a prefix",
		"*":    "leave it out",
		"a*b":  "elsewhere than at its end",
		"*b":   "elsewhere than at its end",
		"a**":  "elsewhere than at its end",
		"*app": "elsewhere than at its end",
	} {
		if _, err := NewGroups([]string{"ok", pattern}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", pattern, err)
		}
	}
}
