package doctor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

// Level says how bad a finding is.
type Level int

// The levels, the best first.
const (
	// OK means that the check saw what it should see.
	OK Level = iota
	// Unproven means that it cannot be seen from here.
	Unproven
	// Warning means that something works for now, or in part.
	Warning
	// Error means that users cannot sign in or use passkeys, or that the app is open.
	Error
)

var levelNames = []string{"ok", "unproven", "warning", "error"}

// String returns the level's name: ok, unproven, warning or error.
func (l Level) String() string { return levelNames[l] }

// MarshalText returns the name.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads the name.
func (l *Level) UnmarshalText(name []byte) error {
	i := slices.Index(levelNames, string(name))
	if i < 0 {
		return errors.New("unknown level")
	}
	*l = Level(i)
	return nil
}

// Finding is what a check has found. Each of What, Why and Fix is one line.
type Finding struct {
	Site  string `json:"site,omitempty"`
	Check string `json:"check"`
	Level Level  `json:"level"`
	What  string `json:"what"`
	Why   string `json:"why,omitempty"`
	Fix   string `json:"fix,omitempty"`
}

func ok(what string) Finding { return Finding{Level: OK, What: what} }

func unproven(what, why, fix string) Finding {
	return Finding{Level: Unproven, What: what, Why: why, Fix: fix}
}

func warning(what, why, fix string) Finding {
	return Finding{Level: Warning, What: what, Why: why, Fix: fix}
}

func failure(what, why, fix string) Finding {
	return Finding{Level: Error, What: what, Why: why, Fix: fix}
}

// one is a list of one finding.
func one(f Finding) []Finding { return []Finding{f} }

// maxLine is the most of one line, in bytes. Longer ones come from others.
const maxLine = 600

// line makes one short line, without anything that a terminal would obey.
func line(s string) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))), " ")
	if len(s) > maxLine {
		s = strings.ToValidUTF8(s[:maxLine], "") + "…"
	}
	return s
}

// without takes the secrets out of all that a finding says. No check puts one there;
// what others answer may.
func (f Finding) without(secrets []secret.Value) Finding {
	for _, text := range []*string{&f.What, &f.Why, &f.Fix} {
		*text = line(hide(*text, secrets))
	}
	return f
}

// Worst is the worst level among the findings; OK if there are none.
func Worst(found []Finding) Level {
	worst := OK
	for _, f := range found {
		worst = max(worst, f.Level)
	}
	return worst
}

// Sort puts the worst last. Equally bad ones keep their order.
func Sort(found []Finding) {
	slices.SortStableFunc(found, func(a, b Finding) int { return int(a.Level) - int(b.Level) })
}

// Write prints findings for people: one line each for what, why and fix.
func Write(w io.Writer, found []Finding) error {
	var b strings.Builder
	for _, f := range found {
		check := f.Check
		if f.Site != "" {
			check = f.Site + " " + check
		}
		fmt.Fprintf(&b, "%-8s %s: %s\n", f.Level, check, f.What)
		if f.Why != "" {
			fmt.Fprintf(&b, "         why: %s\n", f.Why)
		}
		if f.Fix != "" {
			fmt.Fprintf(&b, "         fix: %s\n", f.Fix)
		}
	}
	counts := make(map[Level]int)
	for _, f := range found {
		counts[f.Level]++
	}
	fmt.Fprintf(&b, "ok %d, unproven %d, warnings %d, errors %d\n", counts[OK], counts[Unproven], counts[Warning], counts[Error])
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON prints findings for programs.
func WriteJSON(w io.Writer, found []Finding) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(struct {
		Worst    Level     `json:"worst"`
		Findings []Finding `json:"findings"`
	}{Worst(found), append([]Finding{}, found...)})
}
