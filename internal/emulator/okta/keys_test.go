package okta_test

import (
	"encoding/json"
	"net/http"
	"testing"
)

func TestKeyRotation(t *testing.T) {
	for overlap, want := range map[bool]int{true: 2, false: 1} {
		p := start(t, nil)
		old := p.tokens(t)
		p.claims(t, old)
		if err := p.RotateKeys(overlap); err != nil {
			t.Fatal(err)
		}
		p.claims(t, p.tokens(t)) // go-oidc fetches the unknown kid
		again := connect(t, p.Server, p.Issuer())
		if _, err := again.verify(t.Context(), old); (err == nil) != overlap {
			t.Errorf("overlap %t: the old token gives %v", overlap, err)
		}
		var set struct {
			Keys []map[string]any `json:"keys"`
		}
		rec := serve(t, p.Server, http.MethodGet, "/oauth2/default/v1/keys", nil)
		if err := json.Unmarshal(rec.Body.Bytes(), &set); err != nil || len(set.Keys) != want {
			t.Errorf("overlap %t: %d keys, %v", overlap, len(set.Keys), err)
		}
		for _, key := range set.Keys {
			if key["d"] != nil || key["alg"] != "RS256" || key["use"] != "sig" {
				t.Errorf("key %v", key["kid"])
			}
		}
	}
}
