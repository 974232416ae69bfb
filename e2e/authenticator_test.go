package e2e

import "github.com/chromedp/cdproto/webauthn"

// addAuthenticator gives the tab a device like a laptop with a fingerprint
// reader, whose owner is always there.
func (tb *tab) addAuthenticator() {
	tb.t.Helper()
	call(tb, webauthn.Enable, webauthn.EnableParams{})
	tb.authenticator = call(tb, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol:                    webauthn.AuthenticatorProtocolCtap2,
			Transport:                   webauthn.AuthenticatorTransportInternal,
			HasResidentKey:              true,
			HasUserVerification:         true,
			IsUserVerified:              true,
			AutomaticPresenceSimulation: true,
		},
	}).AuthenticatorID
}

// fingerprint says whether the reader knows the finger. If it does not, the
// browser reports what it reports for a user who cancels: NotAllowedError.
func (tb *tab) fingerprint(known bool) {
	tb.t.Helper()
	call(tb, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: tb.authenticator, IsUserVerified: known})
}

// passkeys counts the passkeys on the device.
func (tb *tab) passkeys() int {
	tb.t.Helper()
	return len(call(tb, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: tb.authenticator}).Credentials)
}
