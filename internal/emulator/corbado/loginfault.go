package corbado

// The behaviour faults of signing in with a passkey.
const (
	// FaultLoginNotAllowed makes login/init answer loginAllowed=false.
	FaultLoginNotAllowed = "login-not-allowed"
	// FaultLoginNoConditionalUI makes login/init offer no challenge for
	// conditional UI, so that the component waits for the user.
	FaultLoginNoConditionalUI = "login-no-conditional-ui"
	// FaultLoginUserUnknown makes login/start know nobody.
	FaultLoginUserUnknown = "login-user-unknown"
	// FaultLoginNoPasskey makes login/start find no passkey.
	FaultLoginNoPasskey = "login-no-passkey"
	// FaultLoginOtherDevice makes login/start say that the passkey is in another
	// device (isCDA).
	FaultLoginOtherDevice = "login-other-device"
	// FaultLoginFinishDenied makes login/finish refuse the assertion.
	FaultLoginFinishDenied = "login-finish-denied"
	// FaultLoginPasskeyGone makes login/finish answer as for a deleted passkey.
	FaultLoginPasskeyGone = "login-passkey-gone"
	// FaultSignedDataExpired makes the signedPasskeyData of a login expired.
	FaultSignedDataExpired = "signed-data-expired"
	// FaultSignedDataForeign has it signed with a key that nobody knows.
	FaultSignedDataForeign = "signed-data-foreign"
	// FaultSignedDataGarbled cuts it in the middle.
	FaultSignedDataGarbled = "signed-data-garbled"
)

// The behaviour faults of the OpenID provider. Those on the ID token make a
// relying party that checks it refuse the sign-in.
const (
	// FaultOIDCLoginRequired makes authorize answer login_required, whatever the
	// login_hint. The hint is not spent.
	FaultOIDCLoginRequired = "oidc-login-required"
	// FaultOIDCServerError makes authorize answer server_error.
	FaultOIDCServerError = "oidc-server-error"
	// FaultOIDCInvalidGrant makes the token endpoint refuse a good code.
	FaultOIDCInvalidGrant = "oidc-invalid-grant"
	// FaultOIDCWrongNonce and the following put a wrong value into the ID token.
	FaultOIDCWrongNonce    = "oidc-wrong-nonce"
	FaultOIDCWrongIssuer   = "oidc-wrong-issuer"
	FaultOIDCWrongAudience = "oidc-wrong-audience"
	FaultOIDCExpired       = "oidc-expired"
	// FaultOIDCUnknownKey signs the ID token with a key that JWKS does not hold.
	FaultOIDCUnknownKey = "oidc-unknown-key"
	// FaultOIDCNoEmail leaves email out of the ID token and of userinfo.
	FaultOIDCNoEmail = "oidc-no-email"
	// FaultOIDCEmailUnverified says email_verified=false in both.
	FaultOIDCEmailUnverified = "oidc-email-unverified"
)

var loginBehaviours = []string{
	FaultLoginNotAllowed, FaultLoginNoConditionalUI, FaultLoginUserUnknown, FaultLoginNoPasskey,
	FaultLoginOtherDevice, FaultLoginFinishDenied, FaultLoginPasskeyGone,
	FaultSignedDataExpired, FaultSignedDataForeign, FaultSignedDataGarbled,
	FaultOIDCLoginRequired, FaultOIDCServerError, FaultOIDCInvalidGrant,
	FaultOIDCWrongNonce, FaultOIDCWrongIssuer, FaultOIDCWrongAudience, FaultOIDCExpired,
	FaultOIDCUnknownKey, FaultOIDCNoEmail, FaultOIDCEmailUnverified,
}
