package caddymodule

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"
	_ "github.com/caddyserver/caddy/v2/modules/caddyevents/eventsconfig" // the global option

	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/quietlog"
)

// auditLine is a line as a SIEM gets it.
type auditLine map[string]any

func (l auditLine) text(name string) string {
	s, _ := l[name].(string)
	return s
}

// audited are the lines of the audit in a log.
func audited(t *testing.T, log string) (lines []auditLine) {
	t.Helper()
	for line := range strings.Lines(log) {
		var l auditLine
		if json.Unmarshal([]byte(line), &l) == nil && l["logger"] == "http.handlers.passkeys.audit" {
			lines = append(lines, l)
		}
	}
	return lines
}

// auditSchema reads the tables of docs/audit.md: the moments with how they are
// classified, and the fields with whether every line has them.
func auditSchema(t *testing.T) (moments map[string]class, fields map[string]bool) {
	t.Helper()
	doc := readFile(t, "../docs/audit.md")
	table := func(heading string) [][]string {
		_, rest, found := strings.Cut(doc, "\n## "+heading+"\n")
		if !found {
			t.Fatalf("docs/audit.md has no heading %q", heading)
		}
		part, _, _ := strings.Cut(rest, "\n## ")
		return rows(part)[1:]
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	words := func(cell string) (all []string) {
		for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
			all = append(all, m[1])
		}
		return all
	}
	moments, fields = make(map[string]class), make(map[string]bool)
	for _, row := range table("Moments") {
		moments[words(row[0])[0]] = class{words(row[1])[0], words(row[2]), words(row[3])}
	}
	for _, row := range table("Fields") {
		fields[words(row[0])[0]] = row[1] == "always"
	}
	return moments, fields
}

// TestAuditSchema holds docs/audit.md against what the code says of each moment.
func TestAuditSchema(t *testing.T) {
	documented, _ := auditSchema(t)
	for kind, c := range classes {
		if got := fmt.Sprint(documented[string(kind)]); got != fmt.Sprint(c) {
			t.Errorf("docs/audit.md says of %s %s, the code %v", kind, got, c)
		}
		delete(documented, string(kind))
	}
	for name := range documented {
		t.Errorf("docs/audit.md explains %s, which there is not", name)
	}
}

// TestAuditOfAJourney plays every audited moment, and holds each line against the schema.
func TestAuditOfAJourney(t *testing.T) {
	w := newWorld(t)
	w.start("")
	if err := load(t, w.forMoments()); err != nil {
		t.Fatal(err)
	}
	w.playMoments()
	_, fields := auditSchema(t)
	user, _ := w.okta.User(alice)
	met, seen := make(map[moment.Kind]int), make(map[string]bool)
	lines := audited(t, w.logs())
	for _, line := range lines {
		kind := moment.Kind(line.text("event.action"))
		met[kind]++
		if line.text("msg") != string(kind) || line.text("event.outcome") != classes[kind].outcome {
			t.Errorf("%v", line)
		}
		for name := range line {
			if _, documented := fields[name]; !documented && !slices.Contains([]string{"level", "ts", "logger", "msg"}, name) {
				t.Errorf("%s has the field %s, which docs/audit.md does not explain", kind, name)
			}
			seen[name] = true
		}
		for name, always := range fields {
			if _, has := line[name]; always && !has {
				t.Errorf("%s has no %s", kind, name)
			}
		}
		if at, err := time.Parse(time.RFC3339Nano, line.text("@timestamp")); err != nil || time.Since(at) > time.Minute {
			t.Errorf("%s: %v", line.text("@timestamp"), err)
		}
		if id, has := line["user.id"]; has && id != user.ID {
			t.Errorf("%s is about %v", kind, id)
		}
		inBackground := kind == moment.SessionRevoked && line.text("event.reason") == moment.Refresh
		if ip := line.text("client.ip"); !inBackground && ip != "127.0.0.1" && ip != "::1" || (line.text("http.request.id") == "") != inBackground {
			t.Errorf("%s: from %q, request %q", kind, ip, line.text("http.request.id"))
		}
	}
	for kind := range classes {
		if met[kind] == 0 {
			t.Errorf("no line of %s", kind)
		}
	}
	for name := range fields {
		if !seen[name] && name != "trace.id" && name != "passkeys.not_logged" && name != "passkeys.idp" && name != "passkeys.acr" {
			t.Errorf("no line had %s", name)
		}
	}
	if raw := readFile(t, w.logFile); len(w.witness.kinds()) < 12 {
		t.Errorf("the witness met only %v in %d bytes", w.witness.kinds(), len(raw))
	}
	for _, line := range lines {
		if leaked := w.witness.in(fmt.Sprint(line)); len(leaked) > 0 {
			t.Errorf("%v holds %v", line, leaked)
		}
	}
}

// TestAuditFollowsASession from its sign-in to its sign-out by one digest, and gives it
// in a file of its own.
func TestAuditFollowsASession(t *testing.T) {
	w := newWorld(t)
	file := filepath.Join(t.TempDir(), "audit.log")
	separate := "\tlog audit {\n\t\toutput file " + file + " {\n\t\t\troll_disabled\n\t\t}\n\t\tinclude http.handlers.passkeys.audit\n\t}\n\tservers {"
	if err := load(t, strings.Replace(w.caddyfile(""), "\tservers {", separate, 1)); err != nil {
		t.Fatal(err)
	}
	var digests []string
	for range 2 {
		b := w.browser()
		b.signIn("/")
		b.connectToken(`{"type":"passkey-list"}`)
		b.stay()
		b.send(http.MethodPost, "/passkeys/logout", nil, "Origin", w.site)
		lines := audited(t, readFile(t, file))
		lines = lines[len(lines)-3:]
		for i, action := range []moment.Kind{moment.SignedIn, moment.ConnectTokenCreated, moment.SignedOut} {
			if lines[i].text("event.action") != string(action) || lines[i].text("passkeys.session") != lines[0].text("passkeys.session") {
				t.Errorf("line %d: %v", i, lines[i])
			}
		}
		digests = append(digests, lines[0].text("passkeys.session"))
	}
	if len(digests[0]) != 32 || digests[0] == digests[1] {
		t.Errorf("digests %v", digests)
	}
	if all := readFile(t, file); strings.Count(all, "\n") != len(audited(t, all)) {
		t.Errorf("the audit's file holds other lines: %s", all)
	}
}

// TestAuditOfAForgedAddress: X-Forwarded-For counts by Caddy's rule only.
func TestAuditOfAForgedAddress(t *testing.T) {
	for trusted, want := range map[string]string{"": "127.0.0.1", "trusted_proxies static private_ranges": "203.0.113.7"} {
		w := newWorld(t)
		if err := load(t, strings.Replace(w.caddyfile(""), "\t\ttrace\n", "\t\ttrace\n\t\t"+trusted+"\n", 1)); err != nil {
			t.Fatal(err)
		}
		b := w.browser()
		b.send(http.MethodGet, "/passkeys/callback?code=x&code=y", nil, "X-Forwarded-For", "203.0.113.7")
		lines := audited(t, w.logs())
		if len(lines) != 1 {
			t.Fatalf("%v", lines)
		}
		if ip := lines[0].text("client.ip"); ip != want && (want != "127.0.0.1" || ip != "::1") {
			t.Errorf("%q: the address is %s, want %s", trusted, ip, want)
		}
	}
}

// TestAuditFloodByStrangers writes a few lines, and says how many are missing. Users who
// are signed in leave one each.
func TestAuditFloodByStrangers(t *testing.T) {
	w := newWorld(t)
	w.start(forPrograms)
	stranger := w.browser()
	for range 100 {
		stranger.get("/orders", "Authorization", "Bearer garbage")
		stranger.get("/passkeys/callback?code=x&code=y")
	}
	if n := len(audited(t, w.logs())); n != 2*quietlog.PerMinute {
		t.Errorf("%d lines of strangers", n)
	}
	b := w.browser()
	b.signIn("/")
	before := len(audited(t, w.logs()))
	for range 3 * quietlog.PerMinute {
		b.connectToken(`{"type":"something-else"}`)
	}
	if n := len(audited(t, w.logs())) - before; n != 3*quietlog.PerMinute {
		t.Errorf("%d lines of a user", n)
	}
}

// heard are the events that a subscriber got.
type heard struct {
	mu  sync.Mutex
	all []caddy.Event
}

var hears heard

func init() { caddy.RegisterModule(&hears) }

func (*heard) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "events.handlers.heard", New: func() caddy.Module { return &hears }}
}

func (*heard) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	return nil
}

func (h *heard) Handle(_ context.Context, e caddy.Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, e)
	return nil
}

// TestEventsTellWhatTheAuditSays, to who subscribes to them by name or to all.
func TestEventsTellWhatTheAuditSays(t *testing.T) {
	w := newWorld(t)
	site := w.forMoments()
	cfg := strings.Replace(site, "\tservers {", "\tevents {\n\t\ton passkeys_signed_in heard\n\t\ton passkeys_access_refused heard\n\t}\n\tservers {", 1)
	if err := load(t, cfg); err != nil {
		t.Fatal(err)
	}
	w.playMoments()
	var wanted, got []string
	for _, line := range audited(t, w.logs()) {
		if kind := line.text("event.action"); kind == "signed_in" || kind == "access_refused" {
			wanted = append(wanted, kind+" "+line.text("@timestamp"))
		}
	}
	hears.mu.Lock()
	defer hears.mu.Unlock()
	for _, e := range hears.all {
		got = append(got, fmt.Sprint(e.Data["event.action"], " ", e.Data["@timestamp"]))
		if e.Name() != fmt.Sprint("passkeys_", e.Data["event.action"]) || e.Origin().CaddyModule().ID != "http.handlers.passkeys" {
			t.Errorf("%s of %v", e.Name(), e.Origin())
		}
		if leaked := w.witness.in(fmt.Sprint(slices.Collect(maps.Values(e.Data)))); len(leaked) > 0 {
			t.Errorf("%s holds %v", e.Name(), leaked)
		}
	}
	if len(wanted) < 6 || !slices.Equal(got, wanted) {
		t.Errorf("heard\n%v\naudited\n%v", got, wanted)
	}
}

var _ caddyevents.Handler = (*heard)(nil)
