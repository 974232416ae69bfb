package okta

import (
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/authserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/federation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/signin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/signout"
)

// The parts' own names, so that whoever plays with an org imports one package.
type (
	Auth0            = authserver.Auth0
	Client           = org.Client
	Event            = org.Event
	Fault            = org.Fault
	IdentityProvider = federation.IdentityProvider
	LogoutToken      = signout.LogoutToken
	RoutingRule      = federation.RoutingRule
	SignInPage       = signin.SignInPage
	SingleLogout     = org.SingleLogout
	UniversalLogout  = signout.UniversalLogout
	User             = org.User
)

// What an error says is not there.
var (
	ErrNoUser             = org.ErrNoUser
	ErrNoIdentityProvider = federation.ErrNoIdentityProvider
)

// FaultNames lists every fault, in the order of the documentation.
func FaultNames() []string { return org.FaultNames() }

// Faults; package org says what each does.
const (
	FaultDown                 = org.FaultDown
	FaultFailDiscovery        = org.FaultFailDiscovery
	FaultFailKeys             = org.FaultFailKeys
	FaultFailAuthorize        = org.FaultFailAuthorize
	FaultFailToken            = org.FaultFailToken
	FaultFailUserinfo         = org.FaultFailUserinfo
	FaultFailLogout           = org.FaultFailLogout
	FaultFailRevoke           = org.FaultFailRevoke
	FaultSlowDiscovery        = org.FaultSlowDiscovery
	FaultSlowKeys             = org.FaultSlowKeys
	FaultSlowAuthorize        = org.FaultSlowAuthorize
	FaultSlowToken            = org.FaultSlowToken
	FaultSlowUserinfo         = org.FaultSlowUserinfo
	FaultSlowLogout           = org.FaultSlowLogout
	FaultSlowRevoke           = org.FaultSlowRevoke
	FaultDiscoveryWrongIssuer = org.FaultDiscoveryWrongIssuer
	FaultDiscoveryNoLogout    = org.FaultDiscoveryNoLogout
	FaultDiscoveryGarbage     = org.FaultDiscoveryGarbage
	FaultAuthorizeError       = org.FaultAuthorizeError
	FaultCallbackWrongState   = org.FaultCallbackWrongState
	FaultCallbackNoState      = org.FaultCallbackNoState
	FaultCallbackNoCode       = org.FaultCallbackNoCode
	FaultCallbackWrongIssuer  = org.FaultCallbackWrongIssuer
	FaultTokenGarbage         = org.FaultTokenGarbage
	FaultMissingIDToken       = org.FaultMissingIDToken
	FaultWrongNonce           = org.FaultWrongNonce
	FaultMissingNonce         = org.FaultMissingNonce
	FaultWrongIssuer          = org.FaultWrongIssuer
	FaultWrongAudience        = org.FaultWrongAudience
	FaultTwoAudiences         = org.FaultTwoAudiences
	FaultWrongSubject         = org.FaultWrongSubject
	FaultWrongAtHash          = org.FaultWrongAtHash
	FaultExpiredIDToken       = org.FaultExpiredIDToken
	FaultFutureIDToken        = org.FaultFutureIDToken
	FaultOldAuthTime          = org.FaultOldAuthTime
	FaultMissingAuthTime      = org.FaultMissingAuthTime
	FaultWrongKid             = org.FaultWrongKid
	FaultBadSignature         = org.FaultBadSignature
	FaultAlgNone              = org.FaultAlgNone
	FaultAlgHS256             = org.FaultAlgHS256
	FaultThinIDToken          = org.FaultThinIDToken
	FaultMissingEmail         = org.FaultMissingEmail
	FaultManyGroups           = org.FaultManyGroups
	FaultUserinfoOtherSub     = org.FaultUserinfoOtherSub
	FaultUserinfoGarbage      = org.FaultUserinfoGarbage
	FaultFailSSO              = org.FaultFailSSO
	FaultFailIDPCallback      = org.FaultFailIDPCallback
	FaultFailIDX              = org.FaultFailIDX
	FaultFailWidget           = org.FaultFailWidget
	FaultSlowSSO              = org.FaultSlowSSO
	FaultSlowIDPCallback      = org.FaultSlowIDPCallback
	FaultSlowIDX              = org.FaultSlowIDX
	FaultSlowWidget           = org.FaultSlowWidget
	FaultIDPFailure           = org.FaultIDPFailure
	FaultIDXExpired           = org.FaultIDXExpired
	FaultDropLoginHint        = org.FaultDropLoginHint
)

// Events; package org says when each happens.
const (
	EventDiscoveryServed      = org.EventDiscoveryServed
	EventKeysServed           = org.EventKeysServed
	EventRequestRefused       = org.EventRequestRefused
	EventAuthorizeRefused     = org.EventAuthorizeRefused
	EventSignInPageShown      = org.EventSignInPageShown
	EventSignInFailed         = org.EventSignInFailed
	EventSignedIn             = org.EventSignedIn
	EventFederationStarted    = org.EventFederationStarted
	EventFederated            = org.EventFederated
	EventFederationFailed     = org.EventFederationFailed
	EventSessionReused        = org.EventSessionReused
	EventCodeIssued           = org.EventCodeIssued
	EventTokenIssued          = org.EventTokenIssued
	EventTokenRefused         = org.EventTokenRefused
	EventRefreshReuseDetected = org.EventRefreshReuseDetected
	EventUserinfoServed       = org.EventUserinfoServed
	EventUserinfoRefused      = org.EventUserinfoRefused
	EventTokenRevoked         = org.EventTokenRevoked
	EventSignedOut            = org.EventSignedOut
	EventSessionsEnded        = org.EventSessionsEnded
	EventFaultSet             = org.EventFaultSet
	EventFaultFired           = org.EventFaultFired
	EventKeysRotated          = org.EventKeysRotated
	EventClockAdvanced        = org.EventClockAdvanced
	EventUserChanged          = org.EventUserChanged
	EventControlRefused       = org.EventControlRefused
	EventInternalError        = org.EventInternalError
	EventFrontchannelLogout   = org.EventFrontchannelLogout
	EventUniversalLogout      = org.EventUniversalLogout
	EventLogoutToken          = org.EventLogoutToken
)

// Flaws of what the org sends; see UniversalLogout.
const (
	FlawWrongType     = signout.FlawWrongType
	FlawWrongIssuer   = signout.FlawWrongIssuer
	FlawWrongAudience = signout.FlawWrongAudience
	FlawWrongClient   = signout.FlawWrongClient
	FlawExpired       = signout.FlawExpired
	FlawFuture        = signout.FlawFuture
	FlawForeignKey    = signout.FlawForeignKey
	FlawUnknownKey    = signout.FlawUnknownKey
	FlawAlgNone       = signout.FlawAlgNone
	FlawNoToken       = signout.FlawNoToken
	FlawUnknownFormat = signout.FlawUnknownFormat
	FlawNonce         = signout.FlawNonce
	FlawNoEvent       = signout.FlawNoEvent
	FlawNoIssueTime   = signout.FlawNoIssueTime
	FlawNoID          = signout.FlawNoID
	FlawReplayed      = signout.FlawReplayed
)

// What an identity provider's user name is compared with.
const (
	MatchUsername        = federation.MatchUsername
	MatchEmail           = federation.MatchEmail
	MatchUsernameOrEmail = federation.MatchUsernameOrEmail
	MatchCustomAttribute = federation.MatchCustomAttribute
)

// Generations of the Sign-In Widget.
const (
	WidgetG2 = signin.WidgetG2
	WidgetG3 = signin.WidgetG3
)

// Modes of the sign-in page's content security policy.
const (
	PolicyEnforced   = signin.PolicyEnforced
	PolicyReportOnly = signin.PolicyReportOnly
)
