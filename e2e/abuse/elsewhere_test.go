package abuse

// elsewhere are the parts of advisories that need a lying provider or a fleet,
// and are played where those can be had; and the flaws that a version mends.
func elsewhere() []advisory {
	return []advisory{
		{
			id: "CVE-2021-21411 tokens and step-up", lesson: "a check was lost and nothing noticed",
			elsewhere: []string{"caddymodule/bearer_test.go TestBearerIssuerAndAudience", "caddymodule/stepup_test.go TestStepUpOnPathsOfTheApp"},
		},
		{
			id: "CVE-2024-21492 fleet", lesson: "a token counted after the sign-out, at another replica",
			elsewhere: []string{"cmd/passkey-sidecar/fleet_test.go TestTwoSidecarsOnOneRedisBehaveAsOne"},
		},
		{
			id: "mod_auth_openidc 2026-08-07 front-channel tokens", lesson: "a sign-out that anybody can ask for revoked tokens",
			elsewhere: []string{"caddymodule/signout_test.go TestUnauthenticatedFrontchannelLogoutRevokesNoToken"},
		},
		{
			id: "mod_auth_openidc 2026-08-07 logout token claims", lesson: "a logout token without iat or jti was taken",
			elsewhere: []string{"internal/signout/backchannel_test.go TestBackchannelLogoutRefusesBeforeItFetches", "internal/signout/backchannel_test.go TestReplayedLogoutToken"},
		},
		{
			id: "CVE-2025-22868 CVE-2026-34986 CVE-2025-27144 CVE-2024-28180", lesson: "libraries with known flaws",
			attack: knownFlaws,
		},
	}
}
