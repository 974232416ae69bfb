package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"text/template"

	"github.com/caddyserver/caddy/v2/caddyconfig"
)

//go:embed site.caddyfile
var siteText string

var siteTemplate = template.Must(template.New("site").Parse(siteText))

// site is what the Caddyfile is made of.
type site struct {
	Place               place
	Storage             string
	Bind                []string
	ClientID, ProjectID string
	PasskeyIDP          string
	Enroll, Idle        string
	// Settings are further lines of the sidecar's block.
	Settings string
	// Authority signs the certificates, with TLS.
	Authority *authority
	// App, Okta and Corbado are the addresses that Caddy passes requests on to.
	App, Okta, Corbado string
}

// config is the site as Caddy loads it.
func (s site) config() ([]byte, error) {
	var text bytes.Buffer
	if err := siteTemplate.Execute(&text, s); err != nil {
		return nil, err
	}
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt(text.Bytes(), map[string]any{"filename": "demo.caddyfile"})
	if err != nil {
		return nil, fmt.Errorf("the demo's Caddyfile: %w", err)
	}
	return config, nil
}
