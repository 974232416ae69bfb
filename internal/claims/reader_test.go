package claims

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
)

var discard = slog.New(slog.DiscardHandler)

func TestDescribe(t *testing.T) {
	t.Parallel()
	r := NewReader(Selection{PasskeyIDP: "0oapasskeyidp0000001", Further: []string{"scp"}}, discard)
	said := Set{
		"email": json.RawMessage(`"a@evil.com@acme.test"`), "groups": json.RawMessage(`["a","b\n"]`), "scp": json.RawMessage(`["orders.read","a,b"]`),
		"idp": json.RawMessage(`"0oapasskeyidp0000001"`), "sid": json.RawMessage(`"idx1"`), "sub": json.RawMessage(`"not this one"`),
	}
	got, err := r.Describe(t.Context(), "https://other.example", "00u1", said)
	if err != nil {
		t.Fatal(err)
	}
	if got.Issuer != "https://other.example" || got.Subject != "00u1" || got.Email != "" || got.Groups != "a" || got.Claim("scp") != "orders.read,a%2Cb" {
		t.Errorf("%+v", got)
	}
	if got.Passkey || got.ProviderSID != "" || got.ID != "" {
		t.Errorf("a token of another client vouches for a sign-in here: %+v", got)
	}
	for _, subject := range []string{"", "a\nb", strings.Repeat("x", 256)} {
		if _, err := r.Describe(t.Context(), "https://other.example", subject, said); err == nil {
			t.Errorf("subject %q taken", subject)
		}
	}
	if _, err := r.Describe(t.Context(), "https://other.example", "00u1", Set{"auth_time": json.RawMessage(`1e300`)}); err == nil {
		t.Error("auth_time of 1e300 taken")
	}
}
