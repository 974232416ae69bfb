package demo

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// Emulator is the control room of a stand-in for one of the clouds.
type Emulator struct {
	t *testing.T
	// Origin is where it stands.
	Origin string
	client *http.Client
}

// In is the emulator for another test, which its failures are told to.
func (e Emulator) In(t *testing.T) Emulator {
	t.Helper()
	e.t = t
	return e
}

// Fault makes something go wrong until it is cleared.
func (e Emulator) Fault(name string) {
	e.t.Helper()
	e.Control(http.MethodPost, "faults", map[string]any{"name": name, "times": 0})
}

// FaultWith is Fault with further fields, such as a delay.
func (e Emulator) FaultWith(fields map[string]any) {
	e.t.Helper()
	e.Control(http.MethodPost, "faults", fields)
}

// ClearFaults ends all faults.
func (e Emulator) ClearFaults() {
	e.t.Helper()
	e.Control(http.MethodDelete, "faults", nil)
}

// event is what the emulators agree on.
type event struct {
	Seq  uint64 `json:"seq"`
	Name string `json:"name"`
}

// Count tells how often something has happened.
func (e Emulator) Count(name string) int {
	e.t.Helper()
	var answer struct {
		Events []event `json:"events"`
	}
	raw := e.Control(http.MethodGet, "events", nil)
	if err := json.Unmarshal(raw, &answer); err != nil {
		e.t.Fatalf("events of %s: %v", e.Origin, err)
	}
	n := 0
	for _, ev := range answer.Events {
		if ev.Name == name {
			n++
		}
	}
	return n
}

// Control calls a control and returns its answer.
func (e Emulator) Control(method, path string, body any) []byte {
	e.t.Helper()
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			e.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(e.t.Context(), method, e.Origin+"/__emulator/"+path, &sent)
	if err != nil {
		e.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := e.client.Do(r)
	if err != nil {
		e.t.Fatalf("emulator control: %v", err)
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		e.t.Fatalf("emulator control: %v", err)
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		e.t.Fatalf("%s %s/__emulator/%s: %s\n%s", method, e.Origin, path, answer.Status, raw)
	}
	return raw
}
