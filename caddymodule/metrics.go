package caddymodule

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics reads the pools when it is asked. There is one for the process, since
// what it tells outlives configurations, and each load's registry gets it.
type metrics struct{ stateUp, revocations, queued, streams *prometheus.Desc }

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
	for _, d := range []*prometheus.Desc{m.stateUp, m.revocations, m.queued, m.streams} {
		ch <- d
	}
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
	revocations, open := make(map[string]float64), make(map[string]float64)
	heldSites.each(func(s *heldSite) {
		revocations[s.clientID] += float64(s.records.Len())
		open[s.clientID] += float64(s.streams.Open())
	})
	up, queued := make(map[string]float64), make(map[string]float64)
	heldStates.each(func(s *heldState) {
		status := s.Status()
		if _, known := up[s.clientID]; !known {
			up[s.clientID] = 1
		}
		if !status.Up {
			up[s.clientID] = 0
		}
		queued[s.clientID] += float64(status.Queued)
	})
	gauge(m.stateUp, up)
	gauge(m.revocations, revocations)
	gauge(m.queued, queued)
	gauge(m.streams, open)
}

var _ prometheus.Collector = (*metrics)(nil)
