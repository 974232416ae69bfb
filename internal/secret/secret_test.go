package secret

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretPrintedByAnyFormatter(t *testing.T) {
	v := New("hunter2")
	holder := struct {
		V Value
		P *Value
	}{v, &v}
	var logged bytes.Buffer
	for _, h := range []slog.Handler{slog.NewJSONHandler(&logged, nil), slog.NewTextHandler(&logged, nil)} {
		slog.New(h).InfoContext(t.Context(), "msg", "secret", v, "holder", holder)
	}
	asJSON, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	outputs := []string{logged.String(), string(asJSON), errors.Join(fmt.Errorf("bad: %v", v)).Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		outputs = append(outputs, fmt.Sprintf(verb, v), fmt.Sprintf(verb, holder))
	}
	for _, out := range outputs {
		if strings.Contains(out, "hunter2") || strings.Contains(out, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("secret printed: %s", out)
		}
	}
	if v.Reveal() != "hunter2" || v.IsZero() || !New("").IsZero() {
		t.Error("Reveal or IsZero is wrong")
	}
}
