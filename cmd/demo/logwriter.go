package main

import (
	"encoding/json"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

func init() { caddy.RegisterModule(LogWriter{}) }

// LogWriter lets Caddy write its log to the demo: "output demo". It takes one
// JSON object a line.
type LogWriter struct{}

// CaddyModule returns the Caddy module information.
func (LogWriter) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "caddy.logging.writers.demo", New: func() caddy.Module { return new(LogWriter) }}
}

// UnmarshalCaddyfile takes no settings.
func (*LogWriter) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	if d.NextArg() || d.NextBlock(d.Nesting()) {
		return d.ArgErr()
	}
	return nil
}

// String names the writer for people.
func (LogWriter) String() string { return "demo" }

// WriterKey names the writer for Caddy.
func (LogWriter) WriterKey() string { return "demo" }

// OpenWriter opens the log that openCaddyLog has set up.
func (LogWriter) OpenWriter() (io.WriteCloser, error) { return lineWriter{}, nil }

// caddyLog is where Caddy's log goes. Caddy makes its modules by itself, so
// they find it here.
var caddyLog atomic.Pointer[logSplit]

// openCaddyLog takes Caddy's log: all of it to the files, what is worth seeing
// to the journal. The function that it returns ends that.
func openCaddyLog(j *journal, files ...io.Writer) func() {
	caddyLog.Store(&logSplit{journal: j, files: files})
	return func() { caddyLog.Store(nil) }
}

type logSplit struct {
	journal *journal
	mu      sync.Mutex
	files   []io.Writer
}

// lineWriter gets a whole line with each call (zap: WriteSyncer).
type lineWriter struct{}

func (lineWriter) Write(line []byte) (int, error) {
	if split := caddyLog.Load(); split != nil {
		split.write(line)
	}
	return len(line), nil
}

func (lineWriter) Close() error { return nil }

func (s *logSplit) write(line []byte) {
	var l logLine
	if err := json.Unmarshal(line, &l); err != nil || l.fromStandIn() {
		return
	}
	s.mu.Lock()
	for _, f := range s.files {
		_, _ = f.Write(line) // a full disk is no reason to stop the demo
	}
	s.mu.Unlock()
	if text := l.short(line); text != "" {
		s.journal.say("sidecar", text)
	}
}

// logLine is what all log lines have in common.
type logLine struct {
	Level   string `json:"level"`
	Logger  string `json:"logger"`
	Message string `json:"msg"`
	Request struct {
		Host string `json:"host"`
	} `json:"request"`
}

// fromStandIn finds lines about requests to the stand-ins, which pass through
// this Caddy only because the demo is one process. Okta's and Corbado's own
// access logs are no logs of the sidecar, and hold what Okta's would: codes.
func (l logLine) fromStandIn() bool {
	return strings.HasPrefix(l.Request.Host, loginHost) || strings.HasPrefix(l.Request.Host, corbadoHost)
}

// short is the line for people, or nothing if it is not worth seeing.
func (l logLine) short(line []byte) string {
	ours := l.Logger == "http.handlers.passkeys" && l.Level != "debug"
	trouble := l.Level == "error" && !strings.HasPrefix(l.Logger, "http.log") // the access log's 5xx are told already
	if !ours && !trouble {
		return ""
	}
	var all map[string]any
	if err := json.Unmarshal(line, &all); err != nil {
		return ""
	}
	for _, known := range []string{"level", "logger", "msg", "ts"} {
		delete(all, known)
	}
	return joined(l.Message, all)
}

var (
	_ caddy.WriterOpener    = (*LogWriter)(nil)
	_ caddyfile.Unmarshaler = (*LogWriter)(nil)
)
