package caddymodule

import (
	"encoding/json"
	"net"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
)

// match reports whether a request for a host takes a route.
type match int

const (
	matchesNot match = iota
	mayMatch
	matches
)

// matchRoute reports whether a request for a host takes a route, and by what more
// than the host that is decided.
func matchRoute(route caddyhttp.Route, host string) (match, string) {
	sets := matchersOf(route)
	if len(sets) == 0 {
		return matches, ""
	}
	best, open := matchesNot, make([]string, 0, len(sets))
	for _, set := range sets {
		m, matchers := matchSet(set, host)
		if m == mayMatch {
			open = append(open, matchers)
		}
		best = max(best, m)
	}
	return best, strings.Join(open, " or ")
}

// matcherSet is matchers by name, each as JSON.
type matcherSet = map[string]json.RawMessage

// matchersOf returns the sets of a route, of which one has to match.
func matchersOf(route caddyhttp.Route) []matcherSet {
	sets := make([]matcherSet, 0, len(route.MatcherSetsRaw)+len(route.MatcherSets))
	for _, raw := range route.MatcherSetsRaw {
		sets = append(sets, raw)
	}
	for _, modules := range route.MatcherSets {
		set := make(matcherSet)
		for _, m := range modules {
			module, ok := m.(caddy.Module)
			if !ok {
				continue
			}
			name := module.CaddyModule().ID.Name()
			set[name], _ = json.Marshal(m) // one that has no JSON still has its name
		}
		sets = append(sets, set)
	}
	return sets
}

func matchSet(set matcherSet, host string) (match, string) {
	m, open := matches, []string(nil)
	for name, raw := range set {
		var values []string
		_ = json.Unmarshal(raw, &values) // other matchers than by host and path have other shapes
		this := mayMatch
		switch name {
		case "host":
			this = matchHosts(values, host)
		case "path":
			if slices.Contains(values, "*") || slices.Contains(values, "/*") {
				this = matches
			}
		}
		if this == mayMatch {
			open = append(open, name+" "+string(raw))
		}
		m = min(m, this)
	}
	slices.Sort(open)
	return m, strings.Join(open, " and ")
}

// matchHosts does what Caddy's host matcher does, for a host without its port.
func matchHosts(patterns []string, host string) match {
	best := matchesNot
	for _, pattern := range patterns {
		pattern = caddy.NewReplacer().ReplaceKnown(pattern, "")
		switch {
		case host == "" || strings.Contains(pattern, "{") || strings.ContainsFunc(pattern, func(r rune) bool { return r > '~' }):
			best = max(best, mayMatch)
		case slices.EqualFunc(strings.Split(pattern, "."), strings.Split(host, "."), func(label, of string) bool { return label == "*" || strings.EqualFold(label, of) }):
			best = matches
		}
	}
	return best
}

// upstreamsOf names where a proxy passes requests on to. Of sources that are asked
// at run time it names what they are asked for.
func upstreamsOf(h *reverseproxy.Handler) []string {
	var all []string
	for _, u := range h.Upstreams {
		all = append(all, dialAddress(u.Dial))
	}
	raw := h.DynamicUpstreamsRaw
	if h.DynamicUpstreams != nil {
		raw, _ = json.Marshal(h.DynamicUpstreams) // one that has no JSON is named as such
	}
	if len(raw) > 0 {
		var source struct{ Service, Proto, Name, Port string }
		_ = json.Unmarshal(raw, &source) // what has none of these is an unknown source
		all = append(all, strings.TrimRight(strings.Join([]string{"dynamic", source.Service, source.Proto, source.Name, source.Port}, " "), " "))
	}
	return all
}

// dialAddress brings the names of this machine together.
func dialAddress(dial string) string {
	dial = strings.ToLower(dial)
	if host, port, err := net.SplitHostPort(dial); err == nil && origin.IsLoopbackHost(host) {
		return net.JoinHostPort("localhost", port)
	}
	return dial
}
