// Package quietlog writes the log lines that strangers can cause, a limited number a
// minute. Anybody can send requests that are refused, as fast as they like and without a
// session. A line for each would fill the disk and bury what matters. So of each kind of
// line the first ones of a minute are written, as many as an operator needs to see what
// is wrong. The next line says how many more there were.
//
// Lines about a user who has proved who they are do not belong here. They are an audit,
// and each counts.
package quietlog

import (
	"context"
	"log/slog"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	// PerMinute is how many lines of a kind are written in a minute.
	PerMinute = 10
	// maxText bounds each text of a line, in bytes: a host or path from outside can
	// have a megabyte.
	maxText = 512
	// maxKinds bounds the memory should a kind ever come from a request. Beyond it
	// all further ones are one kind.
	maxKinds = 256
)

// Log writes lines at a limited rate. It is safe for concurrent use.
type Log struct {
	log *slog.Logger
	now func() time.Time

	mu    sync.Mutex
	kinds map[kind]*count
}

// kind is what lines are counted by.
type kind struct{ msg, code string }

// count is what became of a kind's lines since began.
type count struct {
	began           time.Time
	logged, dropped int
}

// New makes a Log that writes to log. A nil log discards, a nil now means time.Now.
func New(log *slog.Logger, now func() time.Time) *Log {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if now == nil {
		now = time.Now
	}
	return &Log{log: log, now: now, kinds: make(map[kind]*count)}
}

// LogAttrs writes a line, or counts it: its attribute not_logged is how many of its
// kind were not written since the last one. A kind is the message and a code, which
// may be empty and is a word of ours, never one from the request: a flood of one
// kind hides no line of another.
func (l *Log) LogAttrs(ctx context.Context, level slog.Level, msg, code string, attrs ...slog.Attr) {
	if !l.log.Enabled(ctx, level) {
		return
	}
	dropped, ok := l.admit(kind{msg, code})
	if !ok {
		return
	}
	cut := make([]slog.Attr, 0, len(attrs)+1)
	for _, a := range attrs {
		cut = append(cut, slog.Attr{Key: a.Key, Value: short(a.Value)})
	}
	if dropped > 0 {
		cut = append(cut, slog.Int("not_logged", dropped))
	}
	l.log.LogAttrs(ctx, level, msg, cut...) //nolint:sloglint // the callers' messages are constants
}

// Admit counts a line that the caller writes by itself, and reports whether it may, and
// how many were left out before it.
func (l *Log) Admit(msg, code string) (dropped int, ok bool) { return l.admit(kind{msg, code}) }

// admit reports whether a line is to be written, and how many were not before it.
func (l *Log) admit(k kind) (dropped int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.kinds[k]
	if c == nil {
		if len(l.kinds) >= maxKinds {
			k = kind{}
			c = l.kinds[k]
		}
		if c == nil {
			c = new(count)
			l.kinds[k] = c
		}
	}
	now := l.now()
	if now.Sub(c.began) >= time.Minute || now.Before(c.began) {
		c.began, c.logged = now, 0
	}
	if c.logged >= PerMinute {
		c.dropped++
		return 0, false
	}
	c.logged++
	dropped, c.dropped = c.dropped, 0
	return dropped, true
}

// short cuts a text, or an error's, to MaxText bytes.
func short(v slog.Value) slog.Value {
	var text string
	switch v.Kind() {
	case slog.KindString:
		text = v.String()
	case slog.KindAny:
		err, ok := v.Any().(error)
		if !ok {
			return v
		}
		text = err.Error()
	default:
		return v
	}
	if len(text) <= maxText {
		return slog.StringValue(text)
	}
	end := maxText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return slog.StringValue(text[:end] + "…")
}
