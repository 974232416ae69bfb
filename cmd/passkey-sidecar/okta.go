package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

// oktaCommands make the sub-commands of okta. Each file adds its own in init.
var oktaCommands []func() *cobra.Command

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "okta",
		Usage: "<command>",
		Short: "Prepares an Okta org for the sidecar",
		Long: `
Prepares an Okta org for the sidecar and for sign-in with a passkey on Okta's
own page. See the guide, docs/okta.md.`,
		CobraFunc: func(cmd *cobra.Command) {
			for _, sub := range oktaCommands {
				cmd.AddCommand(sub())
			}
		},
	})
}
