package moment

// Kind says what has happened. Its text is the name of the moment in audit lines and
// events, so it never changes.
type Kind string

// Sign-ins. A step-up is the sign-in of somebody who is signed in already, because their
// sign-in was too old or too weak. Took is the time since the browser left for the
// identity provider.
const (
	SignedIn     Kind = "signed_in"
	SignInFailed Kind = "sign_in_failed" // Cause: the problem's code
	SteppedUp    Kind = "stepped_up"
	StepUpFailed Kind = "step_up_failed" // Cause: the problem's code
)

// Sessions.
const (
	// SessionRefreshed and RefreshFailed are what became of asking the identity
	// provider again. A session that this ended is SessionRevoked.
	SessionRefreshed Kind = "session_refreshed"
	RefreshFailed    Kind = "session_refresh_failed" // Cause: Unavailable or Misconfigured
	// SessionRefused is a request with a session that no longer counts. Cause:
	// Expired, Revoked or Invalid.
	SessionRefused Kind = "session_refused"
	// SessionRevoked is the end of sessions before their time, other than by the user's
	// own sign-out. Cause: Refresh, Replaced, FrontChannel, BackChannel or Universal.
	SessionRevoked Kind = "session_revoked"
	// RevocationRefused is a sign-out by the identity provider that was not done.
	// Cause: the answer's code.
	RevocationRefused Kind = "revocation_refused"
	// SignedOut is the user's own sign-out.
	SignedOut Kind = "signed_out"
)

// Permissions to change passkeys. Took is the time that Corbado took.
const (
	ConnectTokenCreated Kind = "connect_token_created"
	ConnectTokenRefused Kind = "connect_token_refused" // before Corbado heard of it; Cause: the problem's code
	ConnectTokenFailed  Kind = "connect_token_failed"  // by Corbado; Cause: the problem's code
)

// Passkeys, and the way to one. What became of an offer, and of the list, is what the
// browser says.
const (
	PasskeyOffered Kind = "passkey_offered"       // the sign-in leads to the offer
	OfferShown     Kind = "passkey_offer_shown"   // its page was sent
	PasskeyAdded   Kind = "passkey_added"         // the user has a new one; Cause: OnList, or none after an offer
	PasskeyRemoved Kind = "passkey_removed"       // Cause: OnList
	PasskeyExisted Kind = "passkey_existed"       // the device had one already
	OfferSkipped   Kind = "passkey_offer_skipped" // the user did not want one
	OfferWithheld  Kind = "passkey_offer_withheld"
	OfferFailed    Kind = "passkey_offer_failed" // Cause: ComponentError or Unavailable
)

// Requests that are refused to somebody who said who they are.
const (
	AccessRefused Kind = "access_refused"       // Cause: the problem's code
	BearerRefused Kind = "bearer_token_refused" //nolint:gosec // G101: a name, no credential
)

// Forms.
const (
	FormKept      Kind = "form_kept"       // posted to an ended session
	FormNotKept   Kind = "form_not_kept"   // so that the user lost it
	FormTaken     Kind = "form_taken"      // another site's, to be posted again
	FormNotTaken  Kind = "form_not_taken"  // another site's, and lost
	FormSentAgain Kind = "form_sent_again" // a kept one, to the app
	FormReposted  Kind = "form_reposted"   // another site's, to the app
	FormRefused   Kind = "form_refused"    // Cause: the problem's code
)

// Causes that are no problem's code.
const (
	Unavailable    = "unavailable"
	Misconfigured  = "misconfigured"
	Expired        = "expired"
	Revoked        = "revoked"
	Invalid        = "invalid"
	Refresh        = "refresh"
	Replaced       = "replaced"
	FrontChannel   = "front_channel"
	BackChannel    = "back_channel"
	Universal      = "universal_logout"
	ComponentError = "component_error"
	OnList         = "on_list"
)
