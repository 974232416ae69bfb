package caddymodule

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/answer"
)

// health is what GET <base>/health answers. It names no address and no cause:
// anybody may ask. The log has those.
type health struct {
	// Status is ok or degraded.
	Status string `json:"status"`
	// IdentityProvider is up, down, or unknown until somebody has signed in.
	IdentityProvider string `json:"identity_provider"`
	// State is memory, up, behind (other replicas wait for revocations) or down.
	State string `json:"state"`
}

const (
	healthOK       = "ok"
	healthDegraded = "degraded"
	healthUp       = "up"
	healthDown     = "down"
	healthBehind   = "behind"
	healthUnknown  = "unknown"
)

// health asks nobody, so it answers at once and cannot be used to make us ask.
func (p *Passkeys) health() health {
	h := health{Status: healthOK, IdentityProvider: healthUnknown, State: healthUp}
	switch provider := p.site.provider.Status(); {
	case provider.Ready:
		h.IdentityProvider = healthUp
	case provider.LastError != "":
		h.IdentityProvider = healthDown
	}
	switch shared := p.shared.Status(); {
	case p.shared.memory():
		h.State = stateMemory
	case !shared.Up:
		h.State = healthDown
	case shared.Queued > 0:
		h.State = healthBehind
	}
	if h.IdentityProvider == healthDown || h.State == healthDown || h.State == healthBehind {
		h.Status = healthDegraded
	}
	return h
}

// serveHealth answers 200 also when degraded: live sessions go on without the
// identity provider and without the shared state, and a load balancer that took
// out every replica for it would turn a nuisance into an outage. Where nothing
// works at all, nothing answers.
func (p *Passkeys) serveHealth(w http.ResponseWriter, r *http.Request) error {
	return answer.JSON(w, r, http.StatusOK, p.health())
}
