package streams

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// member is alice with groups and a further claim, and with a refresh token that is
// due in a quarter of an hour.
func member(groups string, roles ...string) *session.Session {
	s := alice()
	s.Groups, s.Claims = groups, []session.Claim{{Name: "roles", Value: session.JoinList(roles)}}
	s.RefreshToken, s.RefreshAt = "token", s.StartedAt.Add(15*time.Minute)
	return s
}

// later is the session as a refresh makes it after so long.
func later(d time.Duration, s *session.Session) *session.Session {
	s.RefreshAt = s.RefreshAt.Add(d)
	return s
}

func inGroup(name string) func(*session.Session) bool {
	return func(s *session.Session) bool { return slices.Contains(session.SplitList(s.Groups), name) }
}

func TestRightsThatAreGoneEndStreams(t *testing.T) {
	both := []string{"reader", "writer"}
	for name, tc := range map[string]struct {
		groups string
		roles  []string
		want   bool
	}{
		"nothing changed":      {"a,b", both, false},
		"another order":        {"b,a", []string{"writer", "reader"}, false},
		"more of all":          {"a,b,c", []string{"reader", "writer", "owner"}, false},
		"a group less":         {"a", both, true},
		"no longer admitted":   {"b", both, true},
		"a role less":          {"a,b", []string{"writer"}, true},
		"no roles at all":      {"a,b", nil, true},
		"a group of like name": {"a,bb", both, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := New()
			defer g.Close()
			rules := &Rules{Idle: idle, Admits: inGroup("a")}
			r, done := g.Watch(request(t, "Upgrade", "websocket"), member("a,b", both...), rules)
			defer done()
			now := member(tc.groups, tc.roles...)
			g.Learn(now, rules) // as old as what is known
			if after(0, r) {
				t.Errorf("%s: a cookie from before cut it", name)
			}
			g.Learn(later(time.Minute, now), rules)
			if got := after(0, r); got != tc.want {
				t.Errorf("%s: cut %v, want %v", name, got, tc.want)
			}
			// A stream that begins now has the rights of now.
			second, done := g.Watch(request(t, "Upgrade", "websocket"), later(time.Minute, member(tc.groups, tc.roles...)), rules)
			defer done()
			if after(0, second) != (name == "no longer admitted") {
				t.Errorf("%s: that of a second one", name)
			}
		})
	}
}

// A reload that admits fewer cuts what its site's next request finds, and nothing
// of another site that has the same session.
func TestNarrowerRulesAfterAReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New()
		defer g.Close()
		all := func(*session.Session) bool { return true }
		here, done := g.Watch(request(t, "Upgrade", "websocket"), alice(), &Rules{Site: "one", Idle: idle, Admits: all})
		defer done()
		there, done := g.Watch(request(t, "Upgrade", "websocket"), alice(), &Rules{Site: "two", Idle: idle, Admits: all})
		defer done()
		g.Learn(alice(), &Rules{Site: "one", Idle: idle, Admits: inGroup("a")})
		if !after(0, here) || after(0, there) {
			t.Error("the wrong streams are open")
		}
	})
}

func TestTokensStreamsEndEachWithItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New()
		defer g.Close()
		var dead atomic.Value
		dead.Store("")
		rules := &Rules{Revoked: func(s *session.Session) bool { return s.Subject == dead.Load() }}
		token := func(subject string, d time.Duration) *session.Session {
			return &session.Session{Subject: subject, StartedAt: time.Now(), ExpiresAt: time.Now().Add(d)}
		}
		brief, done := g.Watch(request(t, "Content-Type", "application/grpc"), token("p", 5*time.Minute), rules)
		defer done()
		long, done := g.Watch(request(t, "Upgrade", "websocket"), token("p", 24*time.Hour), rules)
		defer done()
		other, done := g.Watch(request(t, "Accept", "text/event-stream"), token("q", 24*time.Hour), rules)
		defer done()
		if after(5*time.Minute-time.Second, brief) || !after(time.Second, brief) {
			t.Error("it does not end with its token")
		}
		if after(20*time.Hour, long) || after(0, other) {
			t.Error("a token went idle")
		}
		dead.Store("p")
		g.Check()
		if !after(time.Second, long) || after(0, other) {
			t.Error("after a revocation the wrong streams are open")
		}
	})
}

// asked is an identity provider with an answer for each time.
type asked struct {
	times  []time.Duration
	answer func(n int, s *session.Session) (*session.Session, bool)
	from   time.Time
}

func (a *asked) rules() *Rules {
	a.from = time.Now()
	return &Rules{Idle: idle, Admits: inGroup("a"), Refresh: func(_ context.Context, s *session.Session) (*session.Session, bool) {
		a.times = append(a.times, time.Since(a.from))
		return a.answer(len(a.times), s)
	}}
}

func renewed(groups string) func(int, *session.Session) (*session.Session, bool) {
	return func(_ int, s *session.Session) (*session.Session, bool) {
		next := *s
		next.Groups, next.RefreshAt = groups, time.Now().Add(15*time.Minute)
		return &next, false
	}
}

func TestSessionIsRefreshedForItsStreams(t *testing.T) {
	const min15 = 15 * time.Minute
	for name, tc := range map[string]struct {
		answer func(int, *session.Session) (*session.Session, bool)
		cut    time.Duration
		times  []time.Duration
	}{
		// Refreshes are no use: it goes idle as it would have.
		"all is well":        {renewed("a"), idle, []time.Duration{min15, 2 * min15, 3 * min15}},
		"no longer admitted": {renewed("b"), min15, []time.Duration{min15}},
		"ended":              {func(int, *session.Session) (*session.Session, bool) { return nil, true }, min15, []time.Duration{min15}},
		"lost the second time": {func(n int, s *session.Session) (*session.Session, bool) {
			return renewed([]string{"", "a", "b"}[n])(n, s)
		}, 2 * min15, []time.Duration{min15, 2 * min15}},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := New()
			defer g.Close()
			a := &asked{answer: tc.answer}
			r, done := g.Watch(request(t, "Upgrade", "websocket"), member("a"), a.rules())
			defer done()
			if after(tc.cut-time.Second, r) || !after(time.Second, r) {
				t.Errorf("%s: not cut after %s", name, tc.cut)
			}
			time.Sleep(time.Hour)
			if !slices.Equal(a.times, tc.times) {
				t.Errorf("%s: asked at %v, want %v", name, a.times, tc.times)
			}
		})
	}
}

// A provider that is down ends no stream and is asked again; a request that brings
// the news spares the question.
func TestProviderThatIsDownEndsNoStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New()
		defer g.Close()
		a := &asked{answer: func(_ int, s *session.Session) (*session.Session, bool) { return s, false }}
		rules := a.rules()
		r, done := g.Watch(request(t, "Upgrade", "websocket"), member("a"), rules)
		defer done()
		if after(16*time.Minute, r) || len(a.times) != 3 || a.times[1]-a.times[0] != refreshAgain {
			t.Errorf("asked at %v", a.times)
		}
		g.Learn(later(30*time.Minute, member("a")), rules)
		if after(20*time.Minute, r) || len(a.times) != 3 {
			t.Errorf("asked at %v, though a request had refreshed", a.times)
		}
	})
}

func TestManyThatAreDueAreAskedAboutAFewAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New()
		var under, most, all atomic.Int64
		rules := &Rules{Idle: idle, Refresh: func(_ context.Context, s *session.Session) (*session.Session, bool) {
			most.Store(max(most.Load(), under.Add(1)))
			time.Sleep(time.Second)
			under.Add(-1)
			all.Add(1)
			return later(time.Hour, s), false
		}}
		for range 100 {
			s := member("a")
			s.ID = randomID()
			_, done := g.Watch(request(t, "Upgrade", "websocket"), s, rules)
			defer done()
		}
		time.Sleep(16 * time.Minute)
		if most.Load() > refreshSlots || all.Load() != 100 {
			t.Errorf("%d at a time, %d in all", most.Load(), all.Load())
		}
		g.Close()
	})
}

// Close does not wait for a provider that does not answer.
func TestCloseEndsRefreshes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New()
		rules := &Rules{Idle: idle, Refresh: func(ctx context.Context, s *session.Session) (*session.Session, bool) {
			<-ctx.Done()
			return s, false
		}}
		for range 2 * refreshSlots {
			s := member("a")
			s.ID = randomID()
			_, done := g.Watch(request(t, "Upgrade", "websocket"), s, rules)
			defer done()
		}
		time.Sleep(15*time.Minute + time.Second)
		began := time.Now()
		g.Close()
		if time.Since(began) > 0 {
			t.Errorf("Close took %s", time.Since(began))
		}
	})
}

var ids atomic.Int64

func randomID() string { return time.Duration(ids.Add(1)).String() }
