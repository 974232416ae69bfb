package gate

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// Whatever a decision demands is on the list, for every path around every rule.
func TestDemandsListsWhateverADecisionHolds(t *testing.T) {
	set, err := origin.ParseSet([]string{"https://app.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	d := func(minutes int, acr string) stepup.Demand {
		return stepup.Demand{MaxAge: time.Duration(minutes) * time.Minute, ACR: acr}
	}
	rules := []StepUpRule{
		{[]string{"/a"}, d(5, "")},
		{[]string{"/a", "/c/*"}, d(10, "phr")},
		{[]string{"/b"}, d(1, "")},
		{[]string{"/c/"}, d(4, "")},
		{[]string{"/c/*"}, d(20, "")},
		{[]string{"/c/*"}, d(15, "urn:x")},
		{[]string{"/c/d/*"}, d(30, "")},
		{[]string{"/c/d/"}, d(25, "urn:y")},
	}
	g, err := newTestGate(Config{
		Base: "/passkeys", Origins: set, Now: func() time.Time { return someTime },
		StepUps: rules,
	}, users{})
	if err != nil {
		t.Fatal(err)
	}
	listed, err := Demands(rules)
	if err != nil {
		t.Fatal(err)
	}
	stale := &session.Session{Subject: "alice"}
	seen := map[stepup.Demand]bool{}
	for _, path := range []string{
		"/a", "/A", "/a/", "/a/x", "/b", "/b/", "/c", "/c/", "/C/", "/c/x", "/c/d", "/c/d/", "/c/d/e", "/c/dx", "/", "/x",
		"//a", "/x/../a", "/a;x", "/%2561", "/c%2fd", "/a%20",
	} {
		for _, s := range []*session.Session{stale, nil} {
			for _, r := range []*http.Request{request("GET", path), request("GET", path, "Sec-Fetch-Mode", "cors"), request("POST", path, "Sec-Fetch-Site", "same-origin")} {
				demand := g.Decide(r, g.Find(r), Who{Session: s}).StepUp
				if seen[demand] = true; !demand.IsZero() && !slices.Contains(listed, demand) {
					t.Errorf("%s %s demands %v, which is not listed: %v", r.Method, path, demand, listed)
				}
			}
		}
	}
	for _, demand := range listed {
		if demand.IsZero() || !seen[demand] {
			t.Errorf("%v is listed, and nothing demands it", demand)
		}
	}
	if none, err := Demands(nil); err != nil || len(none) != 0 {
		t.Errorf("without rules: %v, %v", none, err)
	}
}
