package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// journal prints what happens: one line an event, in columns.
type journal struct {
	mu  sync.Mutex
	out io.Writer
	now func() time.Time
	// quiet keeps events back until the announcement has been printed.
	quiet bool
}

func newJournal(out io.Writer) *journal { return &journal{out: out, now: time.Now, quiet: true} }

// announce prints the text, and from then on what happens.
func (j *journal) announce(text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.quiet = false
	fmt.Fprintln(j.out, text)
}

// say prints one event of a source.
func (j *journal) say(source, text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.quiet {
		fmt.Fprintf(j.out, "%s  %-8s %s\n", j.now().Format(time.TimeOnly), source, oneLine(text))
	}
}

// oneLine keeps what a request brought in from moving the cursor.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

// sentences are the stand-ins' events in words; those that are not here are
// printed by their name.
var sentences = map[string]string{ //nolint:gosec // G101: names of events, not credentials
	"sign_in_page_shown":    "shows the sign-in page",
	"sign_in_failed":        "refuses the sign-in: wrong user name or password",
	"signed_in":             "password accepted",
	"session_reused":        "is still signed in: no password needed",
	"code_issued":           "", // the token that follows says it all
	"token_issued":          "gives the sidecar an ID token",
	"token_refused":         "refuses a token",
	"signed_out":            "ends its session",
	"request_refused":       "refuses the request",
	"authorize_refused":     "refuses the sign-in",
	"fault_set":             "is told to go wrong",
	"faults_cleared":        "is told to work again",
	"fault_fired":           "goes wrong, as told",
	"fault_met":             "goes wrong, as told",
	"process_started":       "", // each page starts one
	"connect_token_created": "", // the sidecar says so too, and for whom
	"append_started":        "asks the browser for a passkey",
	"append_refused":        "refuses the passkey",
	"append_not_offered":    "offers no passkey",
	"passkey_added":         "passkey added",
	"passkey_deleted":       "passkey deleted",
	"component_event":       "hears from its component",
	"foreign_page_refused":  "refuses a page of another site",
	"login_started":         "asks the browser for the user's passkey",
	"login_not_possible":    "offers no sign-in with a passkey",
	"login_refused":         "refuses the passkey",
	"passkey_login":         "passkey accepted",
	"federation_authorized": "tells Okta whose passkey it was",
	"federation_refused":    "tells Okta nothing",
	// What Okta fetches with that is no news.
	"federation_token_issued":  "",
	"federation_token_refused": "refuses Okta's code",
	"federation_started":       "asks Corbado who it is",
	"federated":                "passkey accepted, as Corbado says",
	"federation_failed":        "refuses the sign-in by Corbado",
}

// noise are details that tell a person nothing.
var noise = []string{
	"client", "issuer", "iss", "process", "token", "token_id", "expires", "credential", "identifier",
	"request_id", "uuid", "client_ip", "latency_ms", "idp", "amr", "by", "storage_key", "provider",
}

// longest is how much of a detail is printed, in bytes.
const longest = 100

// userDetails hold a user's id.
var userDetails = []string{"user", "sub", "subject"}

// standInLog is a slog.Handler that tells a stand-in's events to the journal.
type standInLog struct {
	source string
	to     *journal
}

// Enabled leaves out what is asked for again and again.
func (standInLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

// Handle prints one event.
func (h standInLog) Handle(_ context.Context, r slog.Record) error {
	name, details := r.Message, map[string]any{}
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "event" {
			name = a.Value.String()
		} else {
			details[a.Key] = a.Value.Any()
		}
		return true
	})
	text, known := sentences[name]
	if !known {
		text = strings.ReplaceAll(name, "_", " ")
	}
	if text == "" {
		return nil
	}
	explain(name, details)
	h.to.say(h.source, joined(text, details))
	return nil
}

// explain gives an event's details the names that a reader expects.
func explain(event string, details map[string]any) {
	if user, ok := details["user"].(string); ok && loginOf(user) == user {
		delete(details, "user") // Corbado's own id; its events have the name too
	}
	if name, ok := details["name"]; ok {
		details["user"] = name
		delete(details, "name")
	}
	if detail, ok := details["detail"]; ok {
		delete(details, "detail")
		switch {
		case strings.HasPrefix(event, "fault"):
			details["fault"] = detail
		case event != "token_issued": // there it is the grant's type, always the same
			details["why"] = detail
		}
	}
}

// WithAttrs is not used by the stand-ins.
func (h standInLog) WithAttrs([]slog.Attr) slog.Handler { return h }

// WithGroup is not used by the stand-ins.
func (h standInLog) WithGroup(string) slog.Handler { return h }

// joined puts the details that are worth reading behind a text.
func joined(text string, details map[string]any) string {
	var b strings.Builder
	b.WriteString(text)
	for _, key := range slices.Sorted(maps.Keys(details)) {
		value := fmt.Sprint(details[key])
		if value == "" || details[key] == nil || slices.Contains(noise, key) {
			continue
		}
		if slices.Contains(userDetails, key) {
			key, value = "user", loginOf(value)
		}
		if len(value) > longest {
			value = value[:longest] + "…"
		}
		if strings.Contains(value, " ") {
			value = `"` + value + `"`
		}
		fmt.Fprintf(&b, "  %s=%s", key, value)
	}
	return b.String()
}
