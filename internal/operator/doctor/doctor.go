// Package doctor looks at a live set-up from outside and says what is wrong, why, and
// what to do about it.
//
// Each check asks one question of Okta, Corbado, Redis, the app or the sidecar itself,
// by requests that change nothing there: an authorization request that nobody answers, a
// token request with a code that does not exist, a connect token request that names no
// user. What cannot be seen from outside is said to be unproven, with the way to see it.
//
// A check has ten seconds and all have a minute, whatever the others answer: HTML,
// redirects, nothing at all. No secret that the doctor was given appears in a finding.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

// How long one check may take, and all of them.
const (
	defaultPatience = 10 * time.Second
	defaultTotal    = time.Minute
)

// Options of an examination. The zero value is what the command uses.
type Options struct {
	// IDToken is an ID token of the client's, as the provider issued it, for the
	// forecast of claims and cookies. "" means none.
	IDToken string
	// SignInPage says to look for our script on Okta's sign-in page.
	SignInPage bool
	// RPID is the relying party ID that the Corbado project has. Corbado shows it in
	// its console only. "" means unknown.
	RPID string
	// Patience limits one check, and Total all; zero means 10 seconds and a minute.
	Patience, Total time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Client sends the requests; nil means one like the sidecar's own. Its redirect
	// policy is not used.
	Client *http.Client
}

// check is one question.
type check struct {
	name string
	ask  func(*exam, context.Context) []Finding
}

// exam is one site under examination.
type exam struct {
	Site
	Options
	http *http.Client
	// hidden are the secrets, in each form that they are sent in.
	hidden []secret.Value
	// meta is what discovery found; nil means that it found nothing usable. It is set
	// between the two rounds, from discovered.
	meta       *metadata
	discovered atomic.Pointer[metadata]
}

// Examine runs all checks on a site. The findings are sorted, the worst last.
func Examine(ctx context.Context, site Site, o Options) []Finding {
	o.Patience = cmp.Or(o.Patience, defaultPatience)
	o.Total = cmp.Or(o.Total, defaultTotal)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Client == nil {
		o.Client = outbound.NewClient(o.Patience)
		defer o.Client.CloseIdleConnections()
	}
	// Each answer is looked at as it is.
	client := *o.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	ctx, cancel := context.WithTimeout(ctx, o.Total)
	defer cancel()
	e := &exam{Site: site, Options: o, http: &client, hidden: site.secrets()}
	found := e.run(ctx, e.alone())
	e.meta = e.discovered.Load() // what comes too late counts for nothing
	found = append(found, together(e.run(ctx, e.atProvider()))...)
	for i := range found {
		found[i] = found[i].without(e.hidden)
		found[i].Site = site.Name()
	}
	Sort(found)
	return found
}

// alone are the checks that need nothing from another. Discovery is one of them.
func (e *exam) alone() []check {
	return []check{
		{"configuration", (*exam).configuration},
		{"discovery", (*exam).discovery},
		{"clock", (*exam).clock},
		{"reach", (*exam).reachable},
		{"sidecar", (*exam).sidecar},
		{"headers", (*exam).headerStripping},
		{"app", (*exam).app},
		{"proxies", (*exam).proxies},
		{"corbado credential", (*exam).corbadoCredential},
		{"allowed origins", (*exam).allowedOrigins},
		{"component", (*exam).component},
		{"relying party", (*exam).relyingParty},
		{"state", (*exam).state},
	}
}

// atProvider are the checks that need the provider's metadata.
func (e *exam) atProvider() []check {
	return []check{
		{"keys", (*exam).keys},
		{"sign-in", (*exam).signIn},
		{"scopes", (*exam).scopes},
		{"pkce", (*exam).pkce},
		{"sign-in page", (*exam).signInPage},
		{"credential", (*exam).credential},
		{"refresh", (*exam).refresh},
		{"sign-out", (*exam).signOut},
		{"id token", (*exam).idToken},
	}
}

// run asks all checks at once. A check that does not end in time, or at all, is a
// finding like others.
func (e *exam) run(ctx context.Context, checks []check) []Finding {
	results := make([][]Finding, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() { results[i] = e.one(ctx, c) })
	}
	all.Wait()
	return slices.Concat(results...)
}

// together makes one finding of all checks that the lack of metadata kept from asking.
func together(found []Finding) []Finding {
	var names []string
	found = slices.DeleteFunc(found, func(f Finding) bool {
		if f.Why != discoveryFailed {
			return false
		}
		names = append(names, f.Check)
		return true
	})
	if len(names) == 0 {
		return found
	}
	f := unproven("not asked: "+strings.Join(names, ", "), discoveryFailed, "repair discovery first, then run the doctor again")
	f.Check = "discovery"
	return append(found, f)
}

func (e *exam) one(ctx context.Context, c check) []Finding {
	ctx, cancel := context.WithTimeout(ctx, e.Patience)
	defer cancel()
	done := make(chan []Finding, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- []Finding{failure("the check itself broke", fmt.Sprintf("%T", v), "report it, with the version, as a bug of the doctor")}
			}
		}()
		done <- c.ask(e, ctx)
	}()
	var found []Finding
	select {
	case found = <-done:
	case <-ctx.Done():
		// What respects its context ends about now and knows more.
		grace := time.NewTimer(e.Patience / 10)
		defer grace.Stop()
		select {
		case found = <-done:
		case <-grace.C:
			found = []Finding{unproven("no result in time", "the check did not end within "+e.Patience.String(), "run the doctor again; if this stays, look at the network between here and what the check asks")}
		}
	}
	for i := range found {
		found[i].Check = c.name
	}
	return found
}
