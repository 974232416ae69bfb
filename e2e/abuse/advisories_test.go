package abuse

import (
	"testing"
)

// advisory is one report about a peer, and what it would look like here.
type advisory struct {
	// id is the number under which the report is known.
	id string
	// lesson says what went wrong there.
	lesson string
	// attack plays it; one that would have to wait for a session to age has none.
	attack func(s site)
	// elsewhere is "file function" of tests that play it, from the root of the
	// repository.
	elsewhere []string
	// settings are further lines of the passkeys block, for a site of its own.
	// Attacks without them share one, and leave nothing behind in it.
	settings string
	// alone asks for a site of its own: the attack changes the clouds.
	alone bool
}

func TestAdvisories(t *testing.T) {
	t.Parallel()
	shared := start(t, "")
	// One site at a time beside the shared one: each is a process with Caddy in it.
	own := make(chan struct{}, 1)
	for _, a := range advisories() {
		t.Run(a.id, func(t *testing.T) {
			t.Parallel()
			t.Log(a.lesson)
			for _, test := range a.elsewhere {
				exists(t, test)
			}
			if a.attack == nil {
				if len(a.elsewhere) == 0 {
					t.Error("nobody plays this attack")
				}
				return
			}
			s := shared.of(t)
			if a.settings != "" || a.alone {
				own <- struct{}{}
				defer func() { <-own }()
				s = start(t, a.settings)
			}
			a.attack(s)
		})
	}
}

func advisories() []advisory {
	var all []advisory
	for _, list := range [][]advisory{
		oauth2Proxy(), caddySecurity(), caddyItself(), pomerium(), modAuthOpenIDC(), authelia(), others(), accessRules(), tokensAndSignOut(),
		otherPaths(), logsAndStreams(), endings(), formsAndClaims(), elsewhere(),
	} {
		all = append(all, list...)
	}
	return all
}
