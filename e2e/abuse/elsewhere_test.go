package abuse

// elsewhere are the advisories that need a setting, a clock or a lying provider,
// and are played where those can be had.
func elsewhere() []advisory {
	return []advisory{
		{
			id: "CVE-2026-40574", lesson: "a@evil.com@company.com matched a rule for company.com",
			elsewhere: []string{"internal/access/access_test.go TestTwoAtAddress", "internal/login/claims_test.go TestEmailWithTwoAts"},
		},
		{
			id: "CVE-2021-21291", lesson: "a rule for .example.com admitted badexample.com",
			elsewhere: []string{"internal/access/access_test.go TestSuffixWithoutDot"},
		},
		{
			id: "CVE-2021-21411", lesson: "a check of groups was lost and nothing noticed",
			elsewhere: []string{
				"internal/gate/access_test.go TestUserWhoIsNotAllowed", "caddymodule/bearer_test.go TestBearerIssuerAndAudience",
				"caddymodule/stepup_test.go TestStepUpOnPathsOfTheApp",
			},
		},
		{
			id: "CVE-2024-21492", lesson: "a token counted after the sign-out",
			elsewhere: []string{"caddymodule/signout_test.go TestTokenValidAfterLogout", "cmd/passkey-sidecar/fleet_test.go TestTwoSidecarsOnOneRedisBehaveAsOne"},
		},
		{
			id: "CVE-2026-34454", lesson: "the session stayed in the browser while the sign-in page was shown",
			elsewhere: []string{"internal/session/session_test.go TestEndForgetsBothCookies", "internal/revocation/list_test.go TestReplayedCookieAfterSignOutIsDead"},
		},
		{
			id: "CVE-2021-41230", lesson: "changed claims were not used",
			elsewhere: []string{"internal/login/refresh_test.go TestChangedGroupsCountOnTheSameRequest", "caddymodule/refresh_test.go TestRightsFollowOkta"},
		},
		{
			id: "GHSA-x883-2vmg-xwf7", lesson: "a changed group took too long to count",
			elsewhere: []string{"internal/login/refresh_test.go TestRefreshOnlyWhenDue", "caddymodule/refresh_test.go TestRightsFollowOkta"},
		},
		{
			id: "CVE-2025-53942 refresh", lesson: "a deactivated user stayed in",
			elsewhere: []string{"internal/login/refreshtrouble_test.go TestRefreshedSessionEnds"},
		},
		{
			id: "GHSA-wcvh-g65p-v576", lesson: "a bearer token without audience or end was taken",
			elsewhere: []string{"internal/bearer/attack_test.go TestTokenOfOthersOrWithoutEnd", "caddymodule/bearer_test.go TestBearerTokensThatDoNotHold"},
		},
		{
			id: "CVE-2026-33496 CVE-2021-32701 GHSA-qvp4-rpmr-xwrr oathkeeper", lesson: "a remembered token was good for another audience",
			elsewhere: []string{"internal/bearer/memory_test.go TestMemoryIsForOneIssuerAndAudience"},
		},
		{
			id: "mod_auth_openidc 2026-07-31", lesson: "the ID token of a refresh was not verified",
			elsewhere: []string{"internal/login/refreshtrouble_test.go TestRefreshedSessionEnds", "internal/login/refresh_test.go TestRefreshDoesNotMakeTheSignInFresh"},
		},
		{
			id: "mod_auth_openidc 2026-08-07 front-channel", lesson: "a sign-out that anybody can ask for revoked tokens",
			elsewhere: []string{"caddymodule/signout_test.go TestUnauthenticatedFrontchannelLogoutRevokesNoToken"},
		},
		{
			id: "mod_auth_openidc 2026-08-07 logout token", lesson: "a logout token without iat or jti was taken",
			elsewhere: []string{"internal/signout/backchannel_test.go TestBackchannelLogoutRefusesBeforeItFetches", "internal/signout/backchannel_test.go TestReplayedLogoutToken"},
		},
		{
			id: "mod_auth_openidc 2021 preserved posts", lesson: "the page of a kept form ran a script of the form's",
			elsewhere: []string{"internal/resume/summary_test.go TestSummaryIsForItsUserAndPage", "caddymodule/resend_test.go TestCrossSitePostIsNeverKept"},
		},
		{
			id: "CVE-2025-22868 CVE-2026-34986 CVE-2025-27144 CVE-2024-28180", lesson: "libraries with known flaws",
			attack: knownFlaws,
		},
	}
}
