package caddymodule

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/passkey-sidecar/passkey-sidecar/internal/bearer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
)

var heldMeters = newHeld[*meters]()

// meters count what happens at the sites of one client ID. They outlive configurations,
// since a counter that a reload set back would look like a restart.
type meters struct {
	vectors
	// requests are the counters of each verdict, found beforehand: every request
	// passes here.
	requests [gate.Verdicts]prometheus.Counter
	refused  prometheus.Counter // bearer tokens, which get no verdict
	causes   causes
}

// Destruct implements caddy.Destructor.
func (m *meters) Destruct() error { return nil }

func (p *Passkeys) holdMeters(clientID string) (*meters, error) {
	return hold(p, heldMeters, clientID, func() (*meters, error) { return newMeters(clientID), nil })
}

func newMeters(clientID string) *meters {
	m := &meters{vectors: newVectors(clientID)}
	m.requests[0] = prometheus.NewCounter(prometheus.CounterOpts{}) // no decision has the zero verdict
	for v := gate.Upstream; v < gate.Verdicts; v++ {
		m.requests[v] = m.vectors.requests.WithLabelValues(snake(v.String()))
	}
	m.refused = m.vectors.requests.WithLabelValues("bearer_refused")
	m.begin()
	return m
}

// begin sets to zero what dashboards and alerts ask for: of a counter that appears with
// its first event, Prometheus sees no increase.
func (m *meters) begin() {
	for _, passkey := range []string{yesNo(true), yesNo(false)} {
		m.signIns.WithLabelValues(success, "", passkey)
	}
	for _, cause := range []string{
		"client_rejected", "dpop_required", "unauthorized_client", "invalid_scope", "access_policy_missing", "issuer_mismatch",
		"auth_time_missing", "identity_provider_unavailable",
	} {
		m.signIns.WithLabelValues(failure, cause, "")
	}
	m.stepUps.WithLabelValues(success, "")
	begin(m.refreshes, refreshed, moment.Unavailable, moment.Misconfigured, endedByRefresh)
	begin(m.sessionsRefused, moment.Expired, moment.Revoked, moment.Invalid)
	begin(m.sessionsRevoked, moment.Refresh, moment.Replaced, moment.FrontChannel, moment.BackChannel, moment.Universal)
	begin(m.revocationsRefused, "not_signed_out", "server_error")
	begin(m.accessRefused, codeNotAllowed, bearer.CodeInvalid)
	begin(m.listChanges, "added", "removed")
	for _, step := range funnel {
		if step != funnel[moment.OfferFailed] {
			m.offers.WithLabelValues(step, "")
		}
	}
	for _, cause := range []string{moment.ComponentError, moment.Unavailable} {
		m.offers.WithLabelValues(funnel[moment.OfferFailed], cause)
	}
	for _, became := range []string{"kept", "not_kept", "taken", "not_taken", "sent_again", "reposted"} {
		m.forms.WithLabelValues(became, "")
	}
	for _, kind := range []corbado.ConnectTokenType{corbado.PasskeyAppend, corbado.PasskeyList, corbado.PasskeyDelete} {
		m.connectTokens.WithLabelValues(string(kind), "created", "")
	}
}

// Values of the label outcome of refreshes, beside the causes of a failure.
const (
	refreshed      = "refreshed"
	endedByRefresh = "ended"
)

func begin(c *prometheus.CounterVec, values ...string) {
	for _, v := range values {
		c.WithLabelValues(v)
	}
}

// judged counts a request by its verdict.
func (m *meters) judged(v gate.Verdict) { m.requests[v].Inc() }

// hear counts a moment.
func (m *meters) hear(x moment.Moment) {
	cause := m.causes.bounded(x.Cause)
	switch x.Kind {
	case moment.SignedIn:
		passkey := yesNo(x.Session != nil && x.Session.Passkey)
		m.signIns.WithLabelValues(success, "", passkey).Inc()
		m.signInSeconds.WithLabelValues(success, passkey).Observe(x.Took.Seconds())
	case moment.SignInFailed:
		m.signIns.WithLabelValues(failure, cause, "").Inc()
		if x.Took > 0 {
			m.signInSeconds.WithLabelValues(failure, "").Observe(x.Took.Seconds())
		}
	case moment.SteppedUp:
		m.stepUps.WithLabelValues(success, "").Inc()
	case moment.StepUpFailed:
		m.stepUps.WithLabelValues(failure, cause).Inc()
	case moment.SessionRefreshed:
		m.refreshes.WithLabelValues(refreshed).Inc()
	case moment.RefreshFailed:
		m.refreshes.WithLabelValues(cause).Inc()
	case moment.SessionRefused:
		m.sessionsRefused.WithLabelValues(cause).Inc()
	case moment.SessionRevoked:
		m.sessionsRevoked.WithLabelValues(cause).Inc()
		if x.Cause == moment.Refresh {
			m.refreshes.WithLabelValues(endedByRefresh).Inc()
		}
	case moment.RevocationRefused:
		m.revocationsRefused.WithLabelValues(cause).Inc()
	case moment.SignedOut:
		m.signOuts.Inc()
	case moment.AccessRefused, moment.BearerRefused:
		m.accessRefused.WithLabelValues(cause).Inc()
	case moment.PasskeyAdded, moment.PasskeyRemoved:
		if x.Cause != moment.OnList {
			m.hearMore(x.Kind, cause)
			return
		}
		m.listChanges.WithLabelValues(strings.TrimPrefix(string(x.Kind), "passkey_")).Inc()
	case moment.ConnectTokenCreated, moment.ConnectTokenRefused, moment.ConnectTokenFailed:
		m.connectToken(x, cause)
	default:
		m.hearMore(x.Kind, cause)
	}
}

func (m *meters) connectToken(x moment.Moment, cause string) {
	outcome := strings.TrimPrefix(string(x.Kind), "connect_token_")
	m.connectTokens.WithLabelValues(x.Token, outcome, cause).Inc()
	if x.Kind != moment.ConnectTokenRefused {
		m.connectTokenSeconds.WithLabelValues(x.Token, outcome).Observe(x.Took.Seconds())
	}
}

// hearMore counts the way to a passkey, and forms.
func (m *meters) hearMore(k moment.Kind, cause string) {
	if step, ok := funnel[k]; ok {
		m.offers.WithLabelValues(step, cause).Inc()
	}
	if became, ok := strings.CutPrefix(string(k), "form_"); ok {
		m.forms.WithLabelValues(became, cause).Inc()
	}
}

// funnel are the steps on the way to a passkey.
var funnel = map[moment.Kind]string{
	moment.PasskeyOffered: "offered",
	moment.OfferShown:     "shown",
	moment.PasskeyAdded:   "completed",
	moment.PasskeyExisted: "existed",
	moment.OfferSkipped:   "skipped",
	moment.OfferWithheld:  "withheld",
	moment.OfferFailed:    "failed",
}

// called implements outbound.Watcher.
func (m *meters) called(_ context.Context, call outbound.Call, became outbound.Outcome, took time.Duration) {
	to := "identity_provider"
	if call == outbound.ConnectToken {
		to = "corbado"
	}
	m.callSeconds.WithLabelValues(to, string(call), string(became)).Observe(took.Seconds())
}

// causes bounds the values of the label cause. They are all codes of ours; should one
// ever come from a request, the memory and the scrape stay small.
type causes struct {
	known sync.Map
	mu    sync.Mutex
	count int
}

const (
	maxCauses  = 128
	otherCause = "other"
)

var causeForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

func (c *causes) bounded(cause string) string {
	if cause == "" {
		return ""
	}
	if _, known := c.known.Load(cause); known {
		return cause
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count >= maxCauses || !causeForm.MatchString(cause) {
		return otherCause
	}
	if _, known := c.known.LoadOrStore(cause, true); !known {
		c.count++
	}
	return cause
}

func yesNo(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

var upper = regexp.MustCompile(`(.)([A-Z])`)

// snake is a name of ours as Prometheus and its users write it.
func snake(name string) string { return strings.ToLower(upper.ReplaceAllString(name, "${1}_$2")) }
