package main

import (
	"fmt"
	"strings"
)

// announcement is what a newcomer needs. Its first line is for programs.
func announcement(at place, missed, authority string) string {
	var b strings.Builder
	line := func(left, right string) { fmt.Fprintf(&b, "  %-12s%s\n", left, right) }
	more := func(what, how string) { line("", fmt.Sprintf("%-18s%s", what, how)) }
	fmt.Fprintf(&b, "ready %s\n\n", at.App)
	b.WriteString("An app that nobody can change, behind Caddy with the passkeys directive.\nOkta and Corbado are stand-ins in this process.\n\n")
	line("Open", at.App+"   in Chrome, Edge or Firefox")
	if missed != "" {
		line("", "Another program has "+missed+", which the browser may try first; if the page looks wrong, use --listen.")
	}
	if authority != "" {
		line("Trust", authority+"   as a certificate authority in the browser, while you try this:")
		line("", "browsers make no passkeys on pages with a certificate that they do not trust.")
		line("", "For the curl lines below: export CURL_CA_BUNDLE="+authority)
	}
	for i, p := range people {
		line([]string{"Sign in as", "       or"}[min(i, 1)], fmt.Sprintf("%-18s%s", p.login, p.password))
	}
	b.WriteString("\n")
	line("Try", "add a passkey when you are asked; without a fingerprint reader or the like, give Chrome")
	line("", "a virtual one: developer tools, More tools, WebAuthn, Enable virtual authenticator environment")
	line("Then", "sign out, open the app again and sign in with the passkey, on Okta's page")
	more("your passkeys", at.App+"/passkeys/   list, add, delete")
	more("sign out", at.App+"/passkeys/logout")
	more("what the app got", at.App+"/headers")
	more("how you came", at.App+"/passkeys/session   \"passkey\": true after a sign-in with it")
	more("no session", "curl -i "+at.App+"/headers")
	b.WriteString("\n")
	b.WriteString("  Break\n")
	fault := func(base, name string) string {
		return fmt.Sprintf(`curl -H 'Content-Type: application/json' -d '{"name":"%s"}' %s/__emulator/faults`, name, base)
	}
	more("Corbado's API", fault(at.Corbado, "backend-503"))
	more("Corbado's pages", fault(at.Corbado, "frontend-down"))
	more("its OpenID", fault(at.Corbado, "oidc-503"))
	more("Okta", fault(at.Login, "down"))
	more("mend", "curl -X DELETE "+at.Corbado+"/__emulator/faults "+at.Login+"/__emulator/faults")
	more("what else", "curl "+at.Corbado+"/__emulator/faults   and the same at "+loginHost)
	b.WriteString("\n")
	line("Stop", "Ctrl-C; nothing is kept")
	b.WriteString("\nWhat happens:\n")
	return strings.TrimSuffix(b.String(), "\n")
}
