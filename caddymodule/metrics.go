package caddymodule

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics reads the pools, and what meters have counted, when it is asked. There is one
// for the process, since what it tells outlives configurations, and each load's registry
// gets it.
type metrics struct {
	stateUp, revocations, queued, streams, provider *prometheus.Desc
	// counted describes what each client ID's meters hold.
	counted vectors
}

var collector = newMetrics()

func newMetrics() *metrics {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("passkeys_"+name, help, []string{"client_id"}, nil)
	}
	return &metrics{
		stateUp:     desc("state_up", "Whether the state that replicas share can be used (1) or not (0)."),
		revocations: desc("revocations", "Sessions, users and addresses known to have been signed out before their time."),
		queued:      desc("revocations_queued", "Revocations that other replicas have not been told of yet."),
		streams:     desc("streams_open", "WebSockets and event streams that are open now."),
		provider:    desc("identity_provider_up", "Whether the identity provider's metadata is known (1), or could not be read (0), so that nobody can sign in."),
		counted:     newVectors(""),
	}
}

// registerMetrics gives the collector to a configuration's registry. Several
// sites of one configuration do so; the first counts.
func registerMetrics(registry *prometheus.Registry) {
	if registry != nil {
		_ = registry.Register(collector)
	}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.stateUp, m.revocations, m.queued, m.streams, m.provider} {
		ch <- d
	}
	m.counted.Describe(ch)
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, values map[string]float64) {
		for clientID, v := range values {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, clientID)
		}
	}
	// Client IDs of two issuers may be the same, and a changed address means two
	// entries during a reload: one value for each name.
	revocations, open, provider := make(map[string]float64), make(map[string]float64), make(map[string]float64)
	heldSites.each(func(s *heldSite) {
		if up, known := s.providerUp(); known {
			lower(provider, s.clientID, up)
		}
		revocations[s.clientID] += float64(s.records.Len())
		open[s.clientID] += float64(s.streams.Open())
	})
	up, queued := make(map[string]float64), make(map[string]float64)
	heldStates.each(func(s *heldState) {
		status := s.Status()
		lower(up, s.clientID, status.Up)
		queued[s.clientID] += float64(status.Queued)
	})
	gauge(m.stateUp, up)
	gauge(m.revocations, revocations)
	gauge(m.queued, queued)
	gauge(m.streams, open)
	gauge(m.provider, provider)
	heldMeters.each(func(c *meters) { c.Collect(ch) })
}

// lower sets a value to 1 for good news, and to 0 for bad news, which stays.
func lower(values map[string]float64, clientID string, good bool) {
	if _, known := values[clientID]; !known && good {
		values[clientID] = 1
	}
	if !good {
		values[clientID] = 0
	}
}

var _ prometheus.Collector = (*metrics)(nil)
