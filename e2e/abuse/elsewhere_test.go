package abuse

// elsewhere are the parts of advisories that need a lying provider or several replicas,
// and are played where those can be had; and the flaws that a version mends.
func elsewhere() []advisory {
	return []advisory{
		{
			id: "CVE-2021-21411 tokens and step-up", lesson: "a check was lost and nothing noticed",
			elsewhere: []string{"caddymodule/bearer_test.go TestBearerIssuerAndAudience", "caddymodule/stepup_test.go TestStepUpOnPathsOfTheApp"},
		},
		{
			id: "CVE-2024-21492 replicas", lesson: "a token counted after the sign-out, at another replica",
			elsewhere: []string{"cmd/passkey-sidecar/replicas_test.go TestTwoSidecarsOnOneRedisBehaveAsOne"},
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
			id: "mod_auth_openidc 2026-08-07 front-channel sid", lesson: "a sign-out for one session ended another, or none",
			elsewhere: []string{"caddymodule/signout_test.go TestFrontchannelLogoutThroughTheProxy"},
		},
		{
			id: "mod_auth_openidc 2026-08-07 logs", lesson: "secrets stood in the log",
			elsewhere: []string{"caddymodule/serve_test.go TestJourneyLogsHoldNoSecrets", "internal/login/secrets_test.go TestSecretsStayOutOfTheLog"},
		},
		{
			id: "mod_auth_openidc 2026-05-20 2026-05-22", lesson: "answers without a bound, a suffix without a dot, markup in JSON, line ends in headers, alg none, an empty issuer",
			elsewhere: []string{
				"internal/outbound/outbound_test.go TestClient", "internal/access/access_test.go TestSuffixWithoutDot",
				"internal/pages/pages_test.go TestScriptInjectionByBrandUserAndReturnPath", "internal/gate/headers_test.go TestHeaderInjectionByClaim",
				"internal/login/idtoken_test.go TestHostileIDToken",
			},
		},
		{
			id: "CVE-2021-29651", lesson: "a token left by an open redirect; here tokens are in no URL, and no path leads off the site",
			elsewhere: []string{"internal/pages/pages_test.go TestOpenRedirectByReturnPath"},
		},
		{
			id: "CVE-2021-32785 CVE-2026-33525 GHSA-gmfg-3v4q-9qr4", lesson: "words of the request or of a profile became markup or a format",
			elsewhere: []string{"internal/pages/pages_test.go TestScriptInjectionByBrandUserAndReturnPath"},
		},
		{
			id: "CVE-2021-32701 GHSA-qvp4-rpmr-xwrr", lesson: "a remembered token counted for more than it was judged for",
			elsewhere: []string{"internal/bearer/memory_test.go TestMemoryIsForOneIssuerAndAudience"},
		},
		{
			id: "CVE-2024-21500", lesson: "what may be tried was not counted; passwords and factors are Okta's here, tokens are counted",
			elsewhere: []string{"internal/connecttoken/limiter_test.go TestTokenFloodIsLimited"},
		},
		{
			// Those of Caddy itself are in handlers and an admin API that are not ours,
			// and CVE-2021-39162 is in Envoy's HTTP/2, where we have Go's.
			id:     "CVE-2025-22868 CVE-2026-34986 CVE-2025-27144 CVE-2024-28180 CVE-2026-27590 CVE-2026-45135 CVE-2026-27585 CVE-2026-52844 CVE-2026-52846 CVE-2026-45692 GHSA-gx7w-56w6-g48x CVE-2021-39162",
			lesson: "libraries with known flaws",
			attack: knownFlaws,
		},
	}
}
