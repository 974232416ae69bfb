package corbado

import (
	"sync"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
)

// ceremonyLifetime is how long a browser has to answer a challenge.
const ceremonyLifetime = 5 * time.Minute

// ceremony is a registration or a login that has begun: what the browser was
// asked, and for whom. A login by conditional UI is for nobody yet.
type ceremony struct {
	userID  string
	session webauthn.SessionData
	expires time.Time
}

// ceremonies holds at most one open ceremony of each kind for each process.
type ceremonies struct {
	mu   sync.Mutex
	open map[string]ceremony
}

func (cs *ceremonies) begin(process string, c ceremony, now time.Time) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.open == nil {
		cs.open = map[string]ceremony{}
	}
	for p, old := range cs.open {
		if !now.Before(old.expires) {
			delete(cs.open, p)
		}
	}
	c.expires = now.Add(ceremonyLifetime)
	cs.open[process] = c
}

// end takes the open ceremony out, whatever comes of it: a challenge is good
// for one answer (W3C WebAuthn section 13.4.3).
func (cs *ceremonies) end(process string, now time.Time) (ceremony, bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c, ok := cs.open[process]
	delete(cs.open, process)
	return c, ok && now.Before(c.expires)
}

func (cs *ceremonies) reset() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.open = nil
}
