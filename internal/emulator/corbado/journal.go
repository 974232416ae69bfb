package corbado

import (
	"context"
	"log/slog"
	"regexp"
	"sync"
	"time"
)

// journalSize is how many events are kept; older ones are dropped.
const journalSize = 500

// Event is one thing that happened. It never holds a secret: no connect token,
// key, challenge or process id in full.
type Event struct {
	Seq    uint64            `json:"seq"` // counts from 1, without gaps
	Time   time.Time         `json:"time"`
	Name   string            `json:"name"` // snake_case, such as passkey_added
	Detail map[string]string `json:"detail,omitempty"`
}

// detail is one fact about an event: what, and its value.
type detail [2]string

// journal keeps the latest events and logs each one.
type journal struct {
	log *slog.Logger
	now func() time.Time

	mu     sync.Mutex
	seq    uint64
	events []Event
}

func (j *journal) record(ctx context.Context, name string, details ...detail) {
	e := Event{Time: j.now(), Name: name}
	attrs := []any{slog.String("event", name)}
	for _, d := range details {
		if d[1] == "" {
			continue
		}
		if e.Detail == nil {
			e.Detail = make(map[string]string, len(details))
		}
		value := clip(secretForm.ReplaceAllString(d[1], "REDACTED"))
		e.Detail[d[0]] = value
		attrs = append(attrs, slog.String(d[0], value))
	}
	j.mu.Lock()
	j.seq++
	e.Seq = j.seq
	if len(j.events) == journalSize {
		j.events = append(j.events[:0], j.events[1:]...)
	}
	j.events = append(j.events, e)
	j.mu.Unlock()
	j.log.InfoContext(ctx, "corbado emulator", attrs...)
}

// secretForm finds connect tokens and signed data in text that a component
// wrote, such as an error message that quotes a request.
var secretForm = regexp.MustCompile(`ctk1_[0-9A-Za-z]+|eyJ[\w-]+\.[\w.-]+`)

// clip keeps what a client may write into the journal to a readable length.
func clip(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}

func (j *journal) list() []Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Event{}, j.events...)
}

func (j *journal) reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = nil
}

// Events lists the latest events, oldest first.
func (s *Server) Events() []Event { return s.journal.list() }
