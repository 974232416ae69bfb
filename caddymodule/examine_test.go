package caddymodule

import (
	"log/slog"
	"strings"
	"testing"
)

// TestExamineLeavesNothingBehind: it finds what a start would, makes no keys, and holds
// nothing that a start would share.
func TestExamineLeavesNothingBehind(t *testing.T) {
	held := func() (n int) {
		heldSites.each(func(*heldSite) { n++ })
		heldStates.each(func(*heldState) { n++ })
		return n
	}
	before := held()
	site := func() *Passkeys {
		return &Passkeys{
			PublicURLs: []string{"https://app.example.com"},
			Okta:       Okta{Issuer: "https://examined.example.com/oauth2/default", ClientID: "0oa1", ClientSecret: "examined-secret"},
			Corbado:    Corbado{ProjectID: "pro-1", APISecret: apiSecret},
			State:      SharedState{URL: "redis://127.0.0.1:1"},
			Assertion:  &Assertion{},
		}
	}
	if err := site().Examine(t.Context(), nil, slog.New(slog.DiscardHandler)); err != nil {
		t.Error(err)
	}
	broken := site()
	broken.Public = []string{"//"}
	if err := broken.Examine(t.Context(), nil, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a pattern that a start refuses is accepted")
	}
	unknown := site()
	unknown.Okta.ClientSecret = "{file./examined/nothing}"
	if err := unknown.Examine(t.Context(), nil, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "client_secret") {
		t.Error(err)
	}
	if after := held(); after != before {
		t.Errorf("%d values are held, %d before", after, before)
	}
}
