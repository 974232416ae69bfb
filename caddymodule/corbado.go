package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// Corbado says where passkeys live: a Corbado Connect project.
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
	// changes. It must name one user for ever: with `email`, whoever can enter
	// another's address at Okta without proof could add a passkey to their account.
	Identifier string `json:"identifier,omitempty"`
	// URLs of the script and the style of Corbado's components. Default: the
	// files that Corbado publishes.
	Components []string `json:"components,omitempty"`
}

// defaultBackendAPI is Corbado Connect's host; those of the browser's side are
// package passkeys' defaults.
const defaultBackendAPI = "https://backendapi.cloud.corbado.io"

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
