package caddymodule

import (
	"context"
	"errors"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/pages"
)

// Corbado is the Corbado Connect project that keeps the passkeys.
type Corbado struct {
	// The project's ID, like `pro-1234567890`. Required.
	ProjectID string `json:"project_id,omitempty"`
	// The credential of the Backend API, as a placeholder. Required. Either the
	// API secret, or the ready base64 of `project ID:API secret`, or
	// `Bearer <API key>`. It never leaves the server.
	APISecret string `json:"api_secret,omitempty"`
	// The Backend API, without `/v2`. Default: `https://backendapi.cloud.corbado.io`.
	BackendAPI string `json:"backend_api,omitempty"`
	// The Frontend API: the part of its host after `<project_id>.`, or a full URL
	// for a custom domain. Default: `frontendapi.cloud.corbado.io`.
	FrontendAPI string `json:"frontend_api,omitempty"`
	// The claim by which Corbado knows the user. Default: `sub`, which never
	// changes. The claim must name one user for ever. With `email`, somebody who can
	// enter another person's address at Okta without proof could add a passkey to that
	// person's account.
	Identifier string `json:"identifier,omitempty"`
	// URLs of the script and the style of Corbado's components. Default: the
	// files that Corbado publishes.
	Components []string `json:"components,omitempty"`
}

func (c *Corbado) settings() settings {
	return settings{
		"project_id":   text(&c.ProjectID),
		"api_secret":   text(&c.APISecret),
		"backend_api":  text(&c.BackendAPI),
		"frontend_api": text(&c.FrontendAPI),
		"identifier":   text(&c.Identifier),
		"components": func(d *caddyfile.Dispenser) error {
			if err := texts(&c.Components)(d); err != nil {
				return err
			}
			if len(c.Components) != 2 {
				return d.Errf("components takes two URLs, the script's and the style's")
			}
			return nil
		},
	}
}

// missing names a required setting that is not there.
func (c *Corbado) missing() string {
	switch {
	case c.ProjectID == "":
		return "corbado needs project_id, like pro-1234567890"
	case c.APISecret == "":
		return "corbado needs api_secret, like {file./run/secrets/corbado_api_secret}"
	}
	return ""
}

// resolve returns what the server and what the component must know of the project.
func (c *Corbado) resolve(ctx context.Context, rv resolver) (api corbado.Config, component pages.Component, err error) {
	api.Version = Version()
	if api.ProjectID, err = rv.text("corbado project_id", c.ProjectID); err != nil {
		return api, component, err
	}
	if api.APISecret, err = rv.secret(ctx, "corbado api_secret", c.APISecret); err != nil {
		return api, component, err
	}
	if api.BaseURL, err = rv.text("corbado backend_api", orDefault(c.BackendAPI, corbado.DefaultBackendAPI)); err != nil {
		return api, component, err
	}
	component.ProjectID = api.ProjectID
	if component.FrontendAPI, err = rv.text("corbado frontend_api", orDefault(c.FrontendAPI, corbado.DefaultFrontendAPI)); err != nil {
		return api, component, err
	}
	files, err := rv.texts("corbado components", c.Components)
	if err != nil {
		return api, component, err
	}
	switch len(files) {
	case 0:
		files = []string{corbado.DefaultScript, corbado.DefaultStyle}
	case 2:
	default:
		return api, component, errors.New("corbado components takes two URLs, the script's and the style's")
	}
	component.Scripts, component.Styles = files[:1], files[1:]
	return api, component, nil
}
