package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// emulator is the control room of a stand-in for one of the clouds.
type emulator struct {
	t      *testing.T
	origin string
	client *http.Client
}

// fault makes something go wrong until it is cleared.
func (e emulator) fault(name string) {
	e.t.Helper()
	e.control(http.MethodPost, "faults", map[string]any{"name": name, "times": 0})
}

// faultWith is fault with further fields, such as a delay.
func (e emulator) faultWith(fields map[string]any) {
	e.t.Helper()
	e.control(http.MethodPost, "faults", fields)
}

func (e emulator) clearFaults() {
	e.t.Helper()
	e.control(http.MethodDelete, "faults", nil)
}

// event is what the emulators agree on.
type event struct {
	Seq  uint64 `json:"seq"`
	Name string `json:"name"`
}

// count tells how often something has happened.
func (e emulator) count(name string) int {
	e.t.Helper()
	var answer struct {
		Events []event `json:"events"`
	}
	raw := e.control(http.MethodGet, "events", nil)
	if err := json.Unmarshal(raw, &answer); err != nil {
		e.t.Fatalf("events of %s: %v", e.origin, err)
	}
	n := 0
	for _, ev := range answer.Events {
		if ev.Name == name {
			n++
		}
	}
	return n
}

// control calls a control and returns its answer.
func (e emulator) control(method, path string, body any) []byte {
	e.t.Helper()
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			e.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(e.t.Context(), method, e.origin+"/__emulator/"+path, &sent)
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
		e.t.Fatalf("%s %s/__emulator/%s: %s\n%s", method, e.origin, path, answer.Status, raw)
	}
	return raw
}
