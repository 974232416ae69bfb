package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/passkey-sidecar/passkey-sidecar/internal/sharedstate"
)

// SharedState says where replicas keep what they share: which sessions were ended
// before their time, records against replay, locks and rates. Sessions themselves
// stay in the browser's cookie.
type SharedState struct {
	// `memory` (default) shares nothing. `redis://host:6379/0`, or `rediss://` for
	// TLS, is a Redis or Valkey server of version 6.2 or later. `user@` in front of
	// the host is its ACL user. Several hosts, with commas between them, are Sentinels
	// or nodes of a Cluster. Replicas must use the same session keys.
	URL string `json:"url,omitempty"`
	// The password there, as a placeholder.
	Password string `json:"password,omitempty"`
	// File with the authorities, in PEM, that may sign the server's certificate.
	// Default: the system's.
	TLSCA string `json:"tls_ca,omitempty"`
	// Whether the hosts are nodes of a Redis Cluster.
	Cluster bool `json:"cluster,omitempty"`
	// The name of the primary. The hosts are then its Sentinels.
	Sentinel string `json:"sentinel,omitempty"`
	// The Sentinels' own password, as a placeholder. Default: none.
	SentinelPassword string `json:"sentinel_password,omitempty"`
}

const stateMemory = "memory"

// parse reads: state memory | state <url> { … }
func (s *SharedState) parse(d *caddyfile.Dispenser) error {
	if !d.AllArgs(&s.URL) {
		return d.Err("state takes memory or one address, like redis://redis.example.com:6379/0")
	}
	if s.URL == stateMemory {
		return noBlock(d, "state memory")
	}
	return settings{
		"password":          text(&s.Password),
		"tls_ca":            text(&s.TLSCA),
		"cluster":           toggle(&s.Cluster),
		"sentinel":          text(&s.Sentinel),
		"sentinel_password": text(&s.SentinelPassword),
	}.parse(d, "state")
}

// toggle parses a setting without arguments.
func toggle(dst *bool) func(*caddyfile.Dispenser) error {
	return func(d *caddyfile.Dispenser) error {
		name := d.Val()
		if d.NextArg() {
			return d.Errf("%s takes no value", name)
		}
		*dst = true
		return noBlock(d, name)
	}
}

// resolve returns the address. The zero address is memory.
func (s *SharedState) resolve(ctx context.Context, rv resolver) (a sharedstate.Address, err error) {
	if s.URL == "" || s.URL == stateMemory {
		if *s != (SharedState{URL: s.URL}) {
			return a, errors.New("state memory takes no further settings")
		}
		return a, nil
	}
	if !strings.Contains(s.URL, "{") && sharedstate.HasPassword(s.URL) {
		return a, errors.New("state: a password stands in the address, where the admin API and autosave.json show it; " +
			"write it as: password {file./run/secrets/redis_password}")
	}
	if a.URL, err = rv.text("state", s.URL); err != nil {
		return a, err
	}
	if a.Sentinel, err = rv.text("state sentinel", s.Sentinel); err != nil {
		return a, err
	}
	a.Cluster = s.Cluster
	if s.Password != "" {
		if a.Password, err = rv.secret(ctx, "state password", s.Password); err != nil {
			return a, err
		}
	}
	if s.SentinelPassword != "" {
		if a.SentinelPassword, err = rv.secret(ctx, "state sentinel_password", s.SentinelPassword); err != nil {
			return a, err
		}
	}
	if s.TLSCA != "" {
		file, err := rv.text("state tls_ca", s.TLSCA)
		if err != nil {
			return a, err
		}
		if a.CA, err = os.ReadFile(file); err != nil { //nolint:gosec // the operator names the file
			return a, fmt.Errorf("state tls_ca: %w", err)
		}
	}
	if err := a.Check(); err != nil {
		return a, fmt.Errorf("state: %w", err)
	}
	return a, nil
}
