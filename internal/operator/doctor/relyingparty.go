package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// originOf is the origin of a URL, or "".
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// below reports whether a host may use a relying party ID: it is that domain or below it
// (Web Authentication Level 3 section 5.1.3).
func below(host, rpID string) bool { return host == rpID || strings.HasSuffix(host, "."+rpID) }

// relyingParty compares the relying party ID with the hosts where passkeys are used.
func (e *exam) relyingParty(ctx context.Context) []Finding {
	if e.RPID == "" {
		return one(unproven("whether the relying party ID fits is not seen", "Corbado shows it only in its console",
			"read it there (Settings > Passkeys), and add: --rp-id DOMAIN"))
	}
	if strings.ContainsAny(e.RPID, ":/") {
		return one(failure("--rp-id is no domain", "it holds a scheme, port or path", "write the domain alone, like example.com"))
	}
	rpID := strings.ToLower(e.RPID)
	places := slices.Clone(e.PublicURLs)
	if e.Okta.PasskeyIDP != "" || e.SignInPage {
		places = append(places, originOf(e.Okta.Issuer))
	}
	var found []Finding
	var elsewhere []string
	for _, at := range places {
		if host := hostOf(at); below(host, rpID) {
			found = append(found, ok("passkeys of "+rpID+" work at "+host))
		} else if host != "" {
			elsewhere = append(elsewhere, originOf(at))
		}
	}
	if len(elsewhere) > 0 {
		found = append(found, e.related(ctx, rpID, elsewhere)...)
	}
	return found
}

// related looks for the origins at the relying party's list (Web Authentication Level 3
// section 5.11).
func (e *exam) related(ctx context.Context, rpID string, origins []string) (found []Finding) {
	target := "https://" + rpID + "/.well-known/webauthn"
	for _, public := range e.PublicURLs {
		if hostOf(public) == rpID {
			target = strings.TrimSuffix(public, "/") + "/.well-known/webauthn"
		}
	}
	var doc struct {
		Origins []string `json:"origins"`
	}
	why := ""
	a, err := e.get(ctx, target, "Accept", "application/json")
	switch {
	case err != nil:
		why, _ = trouble(hostOf(target), err)
	case a.status != http.StatusOK:
		why = fmt.Sprintf("%s answers %d", target, a.status)
	case a.kind() != "application/json":
		why = target + " answers " + quote(a.kind()) + ", and browsers take application/json only"
	case json.Unmarshal([]byte(a.body), &doc) != nil:
		why = target + " answers no JSON"
	}
	for _, o := range origins {
		reason := why
		if reason == "" {
			reason = target + " does not list it"
		}
		if slices.Contains(doc.Origins, o) && why == "" {
			found = append(found, ok("passkeys of "+rpID+" work at "+o+" as a related origin, in browsers that know those"))
			continue
		}
		found = append(found, failure("passkeys of "+rpID+" do not work at "+o, o+" is not below that domain, and "+reason,
			"use a host below "+rpID+" (for Okta a custom domain), or list "+o+" at https://"+rpID+"/.well-known/webauthn (related_origins on the site of that host)"))
	}
	return found
}
