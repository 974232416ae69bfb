package main

import (
	"io"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/doctor"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

// TestTheDoctorFindsNothingAtTheDemo: the whole set-up, with Okta on a host of its own,
// passkeys on its page, refresh, and one relying party ID for all.
func TestTheDoctorFindsNothingAtTheDemo(t *testing.T) {
	o, err := parseFlags([]string{"--listen", anyPort}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	p, err := start(t.Context(), o, newJournal(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	site := doctor.Site{
		PublicURLs: []string{p.place.App}, BasePath: "/passkeys", Public: []string{"/healthz", "/static/*"}, IdleHeaders: []string{"Remote-User"}, StepUp: true,
		Okta: doctor.Okta{
			Issuer: p.place.Login + "/oauth2/default", ClientID: clientID, ClientSecret: secret.New(p.secrets.client), ClientAuth: "client_secret_basic",
			PasskeyIDP: passkeyIDP, Scopes: []string{"openid", "profile", "email", "groups", "offline_access"},
		},
		Corbado: doctor.Corbado{
			ProjectID: projectID, APISecret: secret.New(p.secrets.api), BackendAPI: p.place.Corbado, FrontendAPI: p.place.Corbado,
			Script: p.place.Script(), Style: p.place.Style(),
		},
	}
	ours := false
	for _, f := range doctor.Examine(t.Context(), site, doctor.Options{SignInPage: true, RPID: rpID}) {
		if f.Level >= doctor.Warning {
			t.Errorf("%+v", f)
		}
		ours = ours || f.Check == "sign-in page" && f.Level == doctor.OK
	}
	if !ours {
		t.Error("the sign-in page of `okta signin-page` is not recognized")
	}
}
