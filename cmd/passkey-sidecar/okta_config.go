package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"

	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/signinpage"
)

// corbadoSettings are those of a passkeys handler that a sign-in page needs.
type corbadoSettings struct {
	ProjectID   string   `json:"project_id"`
	FrontendAPI string   `json:"frontend_api"`
	Components  []string `json:"components"`
}

// readCorbado adapts a Caddyfile, or takes Caddy's JSON as it is, and reads the
// passkeys handlers in it. Several handlers must agree: Okta's page is one.
func readCorbado(file string) (corbadoSettings, error) {
	raw, err := os.ReadFile(file) //nolint:gosec // the file that the user names
	if err != nil {
		return corbadoSettings{}, err
	}
	if filepath.Ext(file) != ".json" {
		adapter := caddyconfig.GetAdapter("caddyfile")
		if adapter == nil {
			return corbadoSettings{}, errors.New("this build has no Caddyfile adapter")
		}
		if raw, _, err = adapter.Adapt(raw, map[string]any{"filename": file}); err != nil {
			return corbadoSettings{}, err
		}
	}
	var config any
	if err := json.Unmarshal(raw, &config); err != nil {
		return corbadoSettings{}, fmt.Errorf("%s: %w", file, err)
	}
	found, err := collectCorbado(config)
	if err != nil {
		return corbadoSettings{}, fmt.Errorf("%s: %w", file, err)
	}
	if len(found) == 0 {
		return corbadoSettings{}, fmt.Errorf("%s has no passkeys directive", file)
	}
	for _, other := range found[1:] {
		if fmt.Sprint(other) != fmt.Sprint(found[0]) {
			return corbadoSettings{}, fmt.Errorf("%s has passkeys directives with different corbado blocks (%s and %s); name the project with --project-id and leave --config out",
				file, found[0].ProjectID, other.ProjectID)
		}
	}
	return found[0], nil
}

// collectCorbado walks a configuration, since handlers nest in each other.
func collectCorbado(value any) ([]corbadoSettings, error) {
	var found []corbadoSettings
	var inner []any
	switch v := value.(type) {
	case []any:
		inner = v
	case map[string]any:
		if v["handler"] == "passkeys" {
			s, err := decodeCorbado(v["corbado"])
			return []corbadoSettings{s}, err
		}
		for _, one := range v {
			inner = append(inner, one)
		}
	}
	for _, one := range inner {
		more, err := collectCorbado(one)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

// decodeCorbado reads a corbado block and resolves its placeholders.
func decodeCorbado(block any) (corbadoSettings, error) {
	var s corbadoSettings
	raw, err := json.Marshal(block)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("corbado: %w", err)
	}
	repl := caddy.NewReplacer()
	resolve := func(text *string) {
		if err == nil {
			*text, err = repl.ReplaceOrErr(*text, true, true)
		}
	}
	if s.ProjectID != "" {
		resolve(&s.ProjectID)
	}
	if s.FrontendAPI != "" {
		resolve(&s.FrontendAPI)
	}
	for i := range s.Components {
		resolve(&s.Components[i])
	}
	if err != nil {
		return s, fmt.Errorf("corbado: %w; set it, or use the flag instead", err)
	}
	return s, nil
}

// fill sets what the flags left open.
func (s corbadoSettings) fill(c *signinpage.Config) {
	if c.ProjectID == "" {
		c.ProjectID = s.ProjectID
	}
	if c.FrontendAPI == "" {
		c.FrontendAPI = s.FrontendAPI
	}
	if c.ScriptURL == "" && len(s.Components) == 2 {
		c.ScriptURL = s.Components[0]
		if c.StyleURL == "" {
			c.StyleURL = s.Components[1]
		}
	}
}
