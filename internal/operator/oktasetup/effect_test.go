package oktasetup

import (
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

// TestWhatSetUpMadeTakesEffect: the org offers Corbado beside Okta to the app's
// users, on the customized page.
func TestWhatSetUpMadeTakesEffect(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	made := o.mustApply()
	p, ok := o.okta.IdentityProvider(made.IdentityProviderID)
	if !ok || p.Issuer != "https://corbado.acme.test" || p.ClientSecret != corbadoSecret || p.SubjectFilter == "" || p.TrustClaims {
		t.Errorf("provider %v, %s for %s", ok, p.Issuer, p.ClientID)
	}
	rules := o.okta.RoutingRules()
	if len(rules) != 1 || rules[0].WithoutOkta || rules[0].Clients[0] != made.ClientID || rules[0].Providers[0] != made.IdentityProviderID {
		t.Errorf("rules %+v", rules)
	}
	page := o.okta.SignInPage()
	if !strings.Contains(page.Template, made.IdentityProviderID) || page.Generation != okta.WidgetG2 || page.PolicyMode != okta.PolicyReportOnly {
		t.Errorf("page %+v", page)
	}
	o.options.IdentityProvider.TrustClaims = true
	o.mustApply()
	if p, _ := o.okta.IdentityProvider(made.IdentityProviderID); !p.TrustClaims || p.ClientSecret != corbadoSecret {
		t.Error("the update did not take effect, or lost the secret")
	}
}
