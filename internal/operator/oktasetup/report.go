package oktasetup

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// WriteAction writes an action for a terminal: what becomes of the object, the
// differences, and in a plan the call as it would be sent, secrets masked.
func WriteAction(w io.Writer, a Action, applied bool) {
	name := a.What
	if a.ID != "" {
		name += " (" + a.ID + ")"
	}
	if a.Verb == Note {
		_, _ = fmt.Fprintf(w, "  note: %s\n", clean(a.What))
		return
	}
	verb := string(a.Verb)
	if applied && a.Verb != Unchanged {
		verb += "d"
	}
	_, _ = fmt.Fprintf(w, "%-10s %s\n", verb, clean(name))
	for _, d := range a.Differences {
		switch d.From {
		case "", "null":
			_, _ = fmt.Fprintf(w, "           + %s: %s\n", clean(d.Path), clean(d.To))
		default:
			_, _ = fmt.Fprintf(w, "           ~ %s: %s -> %s\n", clean(d.Path), clean(d.From), clean(d.To))
		}
	}
	if applied || a.Method == "" {
		return
	}
	_, _ = fmt.Fprintf(w, "           %s %s\n", a.Method, a.Path)
	var body strings.Builder
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("           ", "  ")
	if encoder.Encode(a.Body) == nil {
		_, _ = fmt.Fprintf(w, "           %s", body.String())
	}
}

// clean keeps a name at Okta from driving the terminal.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
}
