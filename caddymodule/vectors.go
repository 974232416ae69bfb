package caddymodule

import "github.com/prometheus/client_golang/prometheus"

// Values of the label outcome where there are two.
const (
	success = "success"
	failure = "failure"
)

// vectors are the counters and histograms of one client ID. Labels have values from our
// own lists only: none is a user's, a path's or an address's.
type vectors struct {
	requests, signIns, stepUps, refreshes, sessionsRefused, sessionsRevoked, revocationsRefused,
	accessRefused, connectTokens, offers, listChanges, forms *prometheus.CounterVec
	signOuts                                        prometheus.Counter
	signInSeconds, connectTokenSeconds, callSeconds prometheus.ObserverVec

	all []prometheus.Collector
}

// Buckets of durations, in seconds: of calls between machines, and of what people take to
// sign in.
var (
	callBuckets   = []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	peopleBuckets = []float64{1, 2.5, 5, 10, 20, 30, 60, 120, 300, 900}
)

func newVectors(clientID string) vectors {
	var v vectors
	client := prometheus.Labels{"client_id": clientID}
	count := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "passkeys", Name: name, Help: help}, append([]string{"client_id"}, labels...))
		v.all = append(v.all, c)
		return c.MustCurryWith(client)
	}
	measure := func(name, help string, buckets []float64, labels ...string) prometheus.ObserverVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "passkeys", Name: name, Help: help, Buckets: buckets},
			append([]string{"client_id"}, labels...))
		v.all = append(v.all, h)
		return h.MustCurryWith(client)
	}
	v.requests = count("requests_total", "Requests, by what the gate decided.", "verdict")
	v.signIns = count("sign_ins_total", "Sign-ins, by outcome; cause is the code of a failure, passkey tells how a success came about.", "outcome", "cause", "passkey")
	v.signInSeconds = measure("sign_in_duration_seconds", "From leaving for the identity provider to the session, or to the failure.", peopleBuckets, "outcome", "passkey")
	v.stepUps = count("step_ups_total", "New sign-ins of users whose own was too old or too weak.", "outcome", "cause")
	v.refreshes = count("session_refreshes_total", "Sessions that the identity provider was asked about again, by what it said.", "outcome")
	v.sessionsRefused = count("sessions_refused_total", "Requests with a session that no longer counts.", "cause")
	v.sessionsRevoked = count("sessions_revoked_total", "Ends of sessions before their time, other than by the user's own sign-out.", "cause")
	v.revocationsRefused = count("revocations_refused_total", "Sign-outs by the identity provider, or in its name, that were not done.", "cause")
	v.signOuts = count("sign_outs_total", "Sign-outs by users themselves.").WithLabelValues()
	v.accessRefused = count("access_refused_total", "Requests refused to users or tokens that may not use the app.", "cause")
	v.connectTokens = count("connect_tokens_total", "Permissions to add, list or delete passkeys: created, refused by the sidecar, or failed at Corbado.", "type", "outcome", "cause")
	v.connectTokenSeconds = measure("connect_token_duration_seconds", "How long Corbado took for a permission.", callBuckets, "type", "outcome")
	v.offers = count("offers_total", "The way to a passkey, by step; browsers report those after shown.", "step", "cause")
	v.listChanges = count("list_changes_total", "Passkeys added and removed on the page that lists them, as browsers report.", "change")
	v.forms = count("forms_total", "Forms posted to ended sessions or by other sites, by what became of them.", "outcome", "cause")
	v.callSeconds = measure("call_duration_seconds", "Calls to the identity provider and to Corbado, to the end of their answers.", callBuckets, "to", "call", "outcome")
	return v
}

// Describe implements prometheus.Collector.
func (v *vectors) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range v.all {
		c.Describe(ch)
	}
}

// Collect implements prometheus.Collector.
func (v *vectors) Collect(ch chan<- prometheus.Metric) {
	for _, c := range v.all {
		c.Collect(ch)
	}
}
