package doctor

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

// FuzzFinding: whatever a server says, a finding is short lines without control
// characters and without the secret.
func FuzzFinding(f *testing.F) {
	for _, seed := range []string{"", "invalid_client", "\x1b[2J\x07", "a\r\nb", strings.Repeat("é", 2000), "x" + clientSecret + "y", "client-\x00secret-that-must-not-leak", "\xff\xfe"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, said string) {
		got := failure(quote(said), said, said).without([]secret.Value{secret.New(clientSecret)})
		for _, text := range []string{got.What, got.Why, got.Fix} {
			if len(text) > maxLine+len("…") || !utf8.ValidString(text) || strings.Contains(text, clientSecret) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%q", text)
			}
		}
	})
}
