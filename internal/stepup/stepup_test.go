package stepup

import (
	"net/url"
	"testing"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

func TestMet(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	ten := Demand{MaxAge: 10 * time.Minute}
	for _, c := range []struct {
		name   string
		demand Demand
		age    time.Duration
		acr    string
		want   bool
	}{
		{"nothing is demanded", Demand{}, 100 * time.Hour, "", true},
		{"just signed in", ten, 0, "", true},
		{"at the limit", ten, 10 * time.Minute, "", true},
		{"clocks a minute apart", ten, 11 * time.Minute, "", true},
		{"too old", ten, 11*time.Minute + time.Second, "", false},
		{"the provider's clock is ahead", ten, -30 * time.Second, "", true},
		{"no acr", Demand{10 * time.Minute, "phr"}, 0, "", false},
		{"another acr", Demand{10 * time.Minute, "phr"}, 0, "urn:okta:loa:2fa:any", false},
		{"the acr", Demand{10 * time.Minute, "phr"}, 0, "phr", true},
		{"the acr, but too old", Demand{10 * time.Minute, "phr"}, time.Hour, "phr", false},
		{"phrh is phr", Demand{10 * time.Minute, "phr"}, 0, "phrh", true},
		{"phr is not phrh", Demand{10 * time.Minute, "phrh"}, 0, "phr", false},
	} {
		if got := c.demand.Met(&session.Session{AuthTime: now.Add(-c.age), ACR: c.acr}, now); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if ten.Met(&session.Session{}, now) {
		t.Error("a session without auth_time counts as fresh")
	}
}

func TestCheck(t *testing.T) {
	for _, good := range []Demand{{}, {MaxAge: shortest}, {MaxAge: longest, ACR: "urn:okta:loa:2fa:any"}} {
		if err := good.Check(); err != nil {
			t.Errorf("%v: %v", good, err)
		}
	}
	for _, bad := range []Demand{
		{MaxAge: time.Second},
		{MaxAge: -time.Minute},
		{MaxAge: 25 * time.Hour},
		{MaxAge: time.Minute + time.Millisecond},
		{ACR: "phr"},
		{MaxAge: time.Minute, ACR: "phr phrh"},
		{MaxAge: time.Minute, ACR: `a", error="`},
		{MaxAge: time.Minute, ACR: "a\nb"},
	} {
		if bad.Check() == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

func TestStricter(t *testing.T) {
	five, ten := Demand{MaxAge: 5 * time.Minute}, Demand{MaxAge: 10 * time.Minute}
	for _, c := range []struct{ a, b, want Demand }{
		{Demand{}, ten, ten},
		{five, ten, five},
		{five, Demand{ten.MaxAge, "phr"}, Demand{five.MaxAge, "phr"}},
		{Demand{five.MaxAge, "phr"}, Demand{ten.MaxAge, "phrh"}, Demand{five.MaxAge, "phr"}},
	} {
		if got := c.a.Stricter(c.b); got != c.want {
			t.Errorf("%v and %v: %v, want %v", c.a, c.b, got, c.want)
		}
		if got := c.b.Stricter(c.a); got != c.want {
			t.Errorf("%v and %v: %v, want %v", c.b, c.a, got, c.want)
		}
	}
}

func TestQuery(t *testing.T) {
	for _, d := range []Demand{{}, {MaxAge: 5 * time.Minute}, {MaxAge: time.Hour, ACR: "urn:okta:loa:2fa:any"}} {
		q, err := url.ParseQuery(d.Query())
		if err != nil || FromQuery(q) != d {
			t.Errorf("%v became %q", d, d.Query())
		}
	}
	for _, raw := range []string{"step_up=", "step_up=-1", "step_up=1e9", "step_up=99999999999", "acr=phr"} {
		q, err := url.ParseQuery(raw)
		if err != nil || !FromQuery(q).IsZero() {
			t.Errorf("%s was taken for %v", raw, FromQuery(q))
		}
	}
	if got := (Demand{MaxAge: time.Minute, ACR: "phr"}).LoginURL("/passkeys", "/a?b=c"); got != "/passkeys/login?step_up=60&acr=phr&return=%2Fa%3Fb%3Dc" {
		t.Error(got)
	}
}
