package okta_test

import (
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/oktatest"
)

func TestSubjectFilterRefusesOtherDomains(t *testing.T) {
	f := federate(t, func(p *okta.IdentityProvider) { p.SubjectFilter = `(\S+@other\.test)` })
	f.mustFail(t, f.roundTrip(t))
}

// A filter without anchors of its own must not let a longer name through.
func TestSubjectFilterIsAnchored(t *testing.T) {
	f := federate(t, func(p *okta.IdentityProvider) { p.SubjectFilter = `alice@acme` })
	f.mustFail(t, f.roundTrip(t))
}

// Somebody with a second account at the provider takes over Alice's e-mail.
func TestSecondSubjectWithALinkedUsersEmailIsRefused(t *testing.T) {
	f := federate(t, nil)
	f.claimsOf(t, f.roundTrip(t))
	f.browser = oktatest.NewBrowser(f.Server)
	f.up.edit = func(c map[string]any) { c["sub"] = "usr-2" }
	f.mustFail(t, f.roundTrip(t))
}

func TestEmailOfTwoUsersIsNoMatch(t *testing.T) {
	f := federate(t, func(p *okta.IdentityProvider) { p.MatchType = okta.MatchEmail })
	if _, err := f.AddUser(okta.User{Login: "alias@acme.test", Email: alice}); err != nil {
		t.Fatal(err)
	}
	f.mustFail(t, f.roundTrip(t))
}

func TestDisabledUserCannotSignInOverTheProvider(t *testing.T) {
	f := federate(t, nil)
	f.claimsOf(t, f.roundTrip(t))
	if err := f.DisableUser(alice); err != nil {
		t.Fatal(err)
	}
	f.browser = oktatest.NewBrowser(f.Server)
	if page := f.roundTrip(t); page.Alert() != failedAlert {
		t.Errorf("status %d, location %v", page.Status, page.Location)
	}
}

func TestLinkingOffRefusesAStranger(t *testing.T) {
	f := federate(t, func(p *okta.IdentityProvider) { p.LinkDisabled = true })
	f.mustFail(t, f.roundTrip(t))
}

func TestBadIdentityProvidersAreRefused(t *testing.T) {
	p := start(t, nil)
	good := okta.IdentityProvider{Issuer: "https://idp.test", ClientID: "c"}
	for name, edit := range map[string]func(*okta.IdentityProvider){
		"no issuer":          func(i *okta.IdentityProvider) { i.Issuer = "" },
		"relative issuer":    func(i *okta.IdentityProvider) { i.Issuer = "idp" },
		"no client":          func(i *okta.IdentityProvider) { i.ClientID = "" },
		"one endpoint":       func(i *okta.IdentityProvider) { i.JWKSURI = "https://idp.test/keys" },
		"bad filter":         func(i *okta.IdentityProvider) { i.SubjectFilter = "(" },
		"bad template":       func(i *okta.IdentityProvider) { i.UserNameTemplate = "user.email" },
		"bad match type":     func(i *okta.IdentityProvider) { i.MatchType = "ANY" },
		"scopes no openid":   func(i *okta.IdentityProvider) { i.Scopes = []string{"email"} },
		"unknown attribute":  func(i *okta.IdentityProvider) { i.MatchType = okta.MatchCustomAttribute },
		"negative skew":      func(i *okta.IdentityProvider) { i.ClockSkew = -1 },
		"bad authentication": func(i *okta.IdentityProvider) { i.ClientAuth = "private_key_jwt" },
	} {
		bad := good
		edit(&bad)
		if _, err := p.AddIdentityProvider(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	added, err := p.AddIdentityProvider(good)
	if err != nil || len(added.ID) != 20 || !strings.HasPrefix(added.ID, "0oa") {
		t.Fatalf("%v, %v", added.ID, err)
	}
	if err := p.SetRoutingRules(okta.RoutingRule{Providers: []string{"0oaNOBODY0000000IDP0"}}); err == nil {
		t.Error("a rule names a provider that is not there")
	}
	if err := p.RemoveIdentityProvider(added.ID); err != nil || len(p.IdentityProviders()) != 0 {
		t.Errorf("remove: %v", err)
	}
}
