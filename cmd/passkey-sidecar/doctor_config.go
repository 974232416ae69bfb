package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/passkey-sidecar/passkey-sidecar/caddymodule"
	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/doctor"
)

// readSites reads every passkeys handler of a configuration.
func readSites(ctx context.Context, file string, raw []byte) ([]doctor.Site, error) {
	if filepath.Ext(file) != ".json" {
		adapter := caddyconfig.GetAdapter("caddyfile")
		if adapter == nil {
			return nil, errors.New("this build has no Caddyfile adapter")
		}
		var err error
		if raw, _, err = adapter.Adapt(raw, map[string]any{"filename": file}); err != nil {
			return nil, err
		}
	}
	var config struct {
		Apps struct {
			HTTP struct {
				HTTPPort int                        `json:"http_port"`
				Servers  map[string]json.RawMessage `json:"servers"`
			} `json:"http"`
		} `json:"apps"`
	}
	if err := json.Unmarshal(raw, &config); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var sites []doctor.Site
	for _, name := range slices.Sorted(maps.Keys(config.Apps.HTTP.Servers)) {
		found, err := sitesOf(ctx, config.Apps.HTTP.Servers[name], config.Apps.HTTP.HTTPPort)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		sites = append(sites, found...)
	}
	if len(sites) == 0 {
		return nil, fmt.Errorf("%s has no passkeys directive", file)
	}
	return sites, nil
}

// sitesOf reads the handlers of one server.
func sitesOf(ctx context.Context, raw json.RawMessage, httpPort int) ([]doctor.Site, error) {
	server := new(caddyhttp.Server)
	if err := json.Unmarshal(raw, server); err != nil {
		return nil, err
	}
	var sites []doctor.Site
	for _, route := range server.Routes {
		var tree any
		encoded, err := json.Marshal(route)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(encoded, &tree); err != nil {
			return nil, err
		}
		handlers := handlersIn(tree, "passkeys")
		for _, handler := range handlers {
			site, err := readSite(ctx, handler, server)
			if err != nil {
				return nil, err
			}
			site.Upstreams = upstreamsIn(tree)
			site.Server = readServer(server, len(route.MatcherSetsRaw) > 0, httpPort)
			sites = append(sites, site)
		}
	}
	return sites, nil
}

// handlersIn finds the handlers of a name, which nest in each other.
func handlersIn(value any, name string) (found []map[string]any) {
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			found = append(found, handlersIn(one, name)...)
		}
	case map[string]any:
		if v["handler"] == name {
			return []map[string]any{v}
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			found = append(found, handlersIn(v[key], name)...)
		}
	}
	return found
}

// upstreamsIn are the addresses of the app: those of proxies that give the answer to the
// client (forward_auth does not), where they are written out.
func upstreamsIn(tree any) (found []doctor.Upstream) {
	repl := caddy.NewReplacer()
	for _, proxy := range handlersIn(tree, "reverse_proxy") {
		if proxy["handle_response"] != nil {
			continue
		}
		transport, _ := proxy["transport"].(map[string]any)
		if protocol := transport["protocol"]; protocol != nil && protocol != "http" {
			continue // fastcgi answers no HTTP
		}
		list, _ := proxy["upstreams"].([]any)
		for _, one := range list {
			upstream, _ := one.(map[string]any)
			dial, _ := upstream["dial"].(string)
			dial, err := repl.ReplaceOrErr(dial, true, true)
			u := doctor.Upstream{Dial: dial, TLS: transport["tls"] != nil}
			if err == nil && dial != "" && !slices.Contains(found, u) {
				found = append(found, u)
			}
		}
	}
	return found
}

// readServer says how clients connect.
func readServer(server *caddyhttp.Server, named bool, httpPort int) doctor.Server {
	s := doctor.Server{Listen: server.Listen}
	manual := server.AutoHTTPS != nil && server.AutoHTTPS.Disabled
	plainPorts := len(server.Listen) > 0
	for _, address := range server.Listen {
		parsed, err := caddy.ParseNetworkAddress(address)
		plainPorts = plainPorts && err == nil && (parsed.StartPort == 80 || httpPort != 0 && parsed.StartPort == uint(httpPort))
	}
	s.PlainHTTP = len(server.TLSConnPolicies) == 0 && (manual || plainPorts || !named)
	var trusted struct {
		Source string   `json:"source"`
		Ranges []string `json:"ranges"`
	}
	if json.Unmarshal(server.TrustedProxiesRaw, &trusted) == nil {
		if s.TrustedProxies = trusted.Ranges; len(trusted.Ranges) == 0 && trusted.Source != "" {
			s.TrustedProxies = []string{"(by the source " + trusted.Source + ")"}
		}
	}
	return s
}

// stumbles are what Provision would refuse or warn of.
func stumbles(ctx context.Context, raw []byte, server *caddyhttp.Server) (*heard, error) {
	p, log := new(caddymodule.Passkeys), new(heard)
	if err := json.Unmarshal(raw, p); err != nil {
		return log, err
	}
	return log, p.Examine(ctx, server, slog.New(log))
}

// heard makes findings of warnings.
type heard struct{ findings []doctor.Finding }

// Enabled implements slog.Handler.
func (h *heard) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// Handle implements slog.Handler.
func (h *heard) Handle(_ context.Context, r slog.Record) error {
	what, fix, found := strings.Cut(r.Message, "; ")
	if !found {
		fix = "see the line in docs/operations.md, Log lines"
	}
	var why []string
	r.Attrs(func(a slog.Attr) bool {
		why = append(why, a.Key+": "+a.Value.String())
		return true
	})
	h.findings = append(h.findings, doctor.Finding{Level: doctor.Warning, What: what, Why: strings.Join(why, ", "), Fix: fix})
	return nil
}

// WithAttrs implements slog.Handler.
func (h *heard) WithAttrs([]slog.Attr) slog.Handler { return h }

// WithGroup implements slog.Handler.
func (h *heard) WithGroup(string) slog.Handler { return h }
