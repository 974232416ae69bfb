// Package origin knows the public origins of the site: the scheme and host that browsers
// use, as the operator registered them at Okta. Nothing else in the product may turn a
// Host or X-Forwarded-* header into a URL.
package origin

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// Origin is a web origin (RFC 6454): scheme and host with a port unless it is
// the scheme's default.
type Origin struct {
	Scheme string
	Host   string
}

// String returns the origin as browsers write it, without a trailing slash.
func (o Origin) String() string { return o.Scheme + "://" + o.Host }

// Insecure reports whether the origin is plain http; Parse allows that only for
// loopback hosts.
func (o Origin) Insecure() bool { return o.Scheme == "http" }

// Parse reads a public URL. It takes https, or http for a loopback host, and
// refuses a path, query, fragment or user info.
func Parse(raw string) (Origin, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return Origin{}, fmt.Errorf("%q is not a URL", raw)
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http", u.Host == "", u.Opaque != "":
		return Origin{}, fmt.Errorf("%q is not an origin; write it like https://app.example.com", raw)
	case u.User != nil, u.Path != "" && u.Path != "/", u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return Origin{}, fmt.Errorf("%q must be only scheme and host, like %s://%s", raw, u.Scheme, u.Host)
	case u.Scheme == "http" && !IsLoopbackHost(u.Host):
		return Origin{}, fmt.Errorf("%q is plain http, which is allowed only for loopback hosts (localhost, *.localhost, 127.0.0.0/8, ::1); use https", raw)
	}
	return Origin{Scheme: u.Scheme, Host: canonicalHost(u.Scheme, u.Host)}, nil
}

// Set is the list of origins that one site is known by.
type Set []Origin

// ParseSet parses each of raw. It refuses an empty list and a mix of http and
// https, because cookie names and attributes follow the scheme.
func ParseSet(raw []string) (Set, error) {
	if len(raw) == 0 {
		return nil, fmt.Errorf("no public URL given")
	}
	var set Set
	for _, one := range raw {
		o, err := Parse(one)
		if err != nil {
			return nil, err
		}
		if o.Scheme != append(set, o)[0].Scheme {
			return nil, fmt.Errorf("%q and %q mix http and https", set[0], o)
		}
		set = append(set, o)
	}
	return set, nil
}

// Match returns the origin whose host is that of a request's Host header.
func (s Set) Match(host string) (Origin, bool) {
	for _, o := range s {
		if o.Host == host {
			return o, true
		}
	}
	for _, o := range s {
		if o.Host == canonicalHost(o.Scheme, host) {
			return o, true
		}
	}
	return Origin{}, false
}

// Contains reports whether raw, an Origin header's value, is one of the set.
func (s Set) Contains(raw string) bool {
	for _, o := range s {
		if o.String() == raw {
			return true
		}
	}
	return false
}

// Insecure reports whether the set is plain http on loopback.
func (s Set) Insecure() bool { return len(s) > 0 && s[0].Insecure() }

// canonicalHost lower-cases host, drops one trailing dot of the name and the
// scheme's default port, as browsers do when they serialize an origin.
func canonicalHost(scheme, host string) string {
	host = strings.ToLower(host)
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return strings.TrimSuffix(host, ".")
	}
	name = strings.TrimSuffix(name, ".")
	if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		if strings.Contains(name, ":") {
			return "[" + name + "]"
		}
		return name
	}
	return net.JoinHostPort(name, port)
}

// IsLoopbackHost reports whether host, with or without a port, names this
// machine: localhost and *.localhost (RFC 6761 section 6.3), 127.0.0.0/8, ::1.
func IsLoopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(strings.TrimSuffix(host, "."), "[]"))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
