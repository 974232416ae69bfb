// Package secret holds values that must never be printed: client secrets, API secrets,
// session keys, refresh tokens.
//
// A Value prints as REDACTED through fmt, encoding/json, encoding/text and log/slog. The
// one way to the plain value is Reveal, so every place that needs it can be found by
// name.
package secret

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

const redacted = "REDACTED"

// Value is a secret string. The zero Value is "no secret".
type Value struct{ plain string }

var (
	_ fmt.Formatter  = Value{}
	_ json.Marshaler = Value{}
	_ slog.LogValuer = Value{}
)

// New wraps plain.
func New(plain string) Value { return Value{plain} }

// Reveal returns the plain secret. Callers hand it straight to the protocol
// that needs it and never to a log, an error or a page.
func (v Value) Reveal() string { return v.plain }

// IsZero reports whether there is no secret.
func (v Value) IsZero() bool { return v.plain == "" }

// String returns a constant, so that an accidental print shows nothing.
func (v Value) String() string { return redacted }

// Format covers every fmt verb: without it, %#v and %x would print the field.
func (v Value) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalJSON returns a constant.
func (v Value) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText returns a constant.
func (v Value) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns a constant.
func (v Value) LogValue() slog.Value { return slog.StringValue(redacted) }
