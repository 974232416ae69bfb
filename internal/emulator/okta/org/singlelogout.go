package org

// SingleLogout is an app's part in sign-outs that begin elsewhere.
type SingleLogout struct {
	// FrontchannelURI is loaded in a hidden frame when the user signs out of
	// another app (Okta: participate_slo and frontchannel_logout_uri).
	FrontchannelURI string
	// SessionRequired adds iss and sid to it, and the claim sid to ID tokens
	// (frontchannel_logout_session_required).
	SessionRequired bool
	// BackchannelURI is sent a logout token when the user signs out of another
	// app (OpenID Connect Back-Channel Logout 1.0). Okta has no such setting;
	// Auth0 has. It adds the claim sid to ID tokens too.
	BackchannelURI string
}

// Check refuses what Okta's app settings refuse.
func (l SingleLogout) Check() error {
	for _, uri := range []string{l.FrontchannelURI, l.BackchannelURI} {
		if uri == "" {
			continue
		}
		if err := CheckRedirect(uri); err != nil {
			return err
		}
	}
	return nil
}
