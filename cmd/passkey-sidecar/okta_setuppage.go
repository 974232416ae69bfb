package main

import (
	"bytes"
	"strings"

	"github.com/spf13/cobra"

	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/signinpage"
)

func init() { generatedPage = setupPage }

// unknownID stands for an id that only Okta can give, where a plan is made
// without one: the page checks the shape of ids.
const unknownID = "0oaxxxxxxxxxxxxxxxxx"

// setupPage lets `okta setup` make the sign-in page itself, from the flags of
// `okta signin-page` and the ids that setup finds or makes.
func setupPage(cmd *cobra.Command) (wanted func() bool, body func(idpID, appID string) ([]byte, error)) {
	var f signinPageFlags
	flags := cmd.Flags()
	f.register(flags)
	everyApp := flags.Bool("page-every-app", false, "offer the passkey to every app of the brand, not to this one only")
	wanted = func() bool { return f.config != "" || f.page.ProjectID != "" }
	body = func(idpID, appID string) ([]byte, error) {
		c, err := f.pageConfig()
		if err != nil {
			return nil, err
		}
		if c.IDPName, err = flags.GetString("idp-name"); err != nil {
			return nil, err
		}
		planned := strings.HasPrefix(idpID, "{")
		if c.IDPID = idpID; planned {
			c.IDPID = unknownID
		}
		// An app's placeholder has no shape that the page would take; the plan
		// shows the page for every app then.
		if !*everyApp && !strings.HasPrefix(appID, "{") {
			c.AppIDs = []string{appID}
		}
		raw, err := signinpage.APIBody(c)
		if planned {
			raw = bytes.ReplaceAll(raw, []byte(unknownID), []byte(idpID))
		}
		return raw, err
	}
	return wanted, body
}
