package e2e

import (
	"strings"
	"testing"
	"time"

	process "github.com/passkey-sidecar/passkey-sidecar/e2e/demo"
)

// demo is a running demo: sidecar, legacy app and both emulators.
type demo struct {
	t *testing.T
	// app is the origin of the site, okta and corbado are those of the emulators.
	app           string
	okta, corbado emulator
	process       *process.Demo
}

// startDemo starts a demo of its own for the test, with further arguments.
func startDemo(t *testing.T, args ...string) *demo {
	t.Helper()
	p := process.Start(t, append([]string{"--plain-signin"}, args...)...)
	t.Cleanup(func() {
		if t.Failed() {
			keepLog(t, p.LogFile, p.Said())
		}
	})
	return &demo{t: t, app: p.App, okta: emulator{p.Okta, t, p.Okta.Origin}, corbado: emulator{p.Corbado, t, p.Corbado.Origin}, process: p}
}

// log returns what the demo has logged so far.
func (d *demo) log() string { return d.process.Log(d.t) }

// said counts the lines that hold a text among those that the demo prints, which
// tell what the app got. It waits for the first.
func (d *demo) said(text string) int {
	d.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if n := strings.Count(d.process.Said(), text); n > 0 || time.Now().After(end) {
			return n
		}
	}
}

// emulator is the control room of a stand-in for one of the clouds.
type emulator struct {
	process.Emulator
	t      *testing.T
	origin string
}

// within returns the emulator with its failures told to another test.
func (e emulator) within(t *testing.T) emulator {
	t.Helper()
	return emulator{e.In(t), t, e.origin}
}

func (e emulator) fault(name string)               { e.Fault(name) }
func (e emulator) faultWith(fields map[string]any) { e.FaultWith(fields) }
func (e emulator) clearFaults()                    { e.ClearFaults() }
func (e emulator) count(name string) int           { return e.Count(name) }
func (e emulator) control(method, path string, body any) []byte {
	return e.Control(method, path, body)
}
