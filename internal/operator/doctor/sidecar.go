package doctor

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// soon is when a certificate's end is worth a word: certificates that renew themselves
// have done so by then.
const soon = 10 * 24 * time.Hour

// reachable looks at the way to each party: name, port, certificate.
func (e *exam) reachable(ctx context.Context) []Finding {
	var found []Finding
	for _, at := range []struct{ what, url string }{
		{"the identity provider", e.Okta.Issuer}, {"Corbado's Backend API", e.Corbado.BackendAPI},
	} {
		if hostOf(at.url) == "" {
			continue
		}
		a, err := e.get(ctx, at.url)
		if err != nil {
			why, fix := trouble(hostOf(at.url), err)
			found = append(found, failure(at.what+" cannot be reached", why, fix))
			continue
		}
		found = append(found, e.certificate(at.what, a))
	}
	return found
}

// certificate says how long the server's certificate is good.
func (e *exam) certificate(what string, a answer) Finding {
	if a.tls == nil || len(a.tls.PeerCertificates) == 0 {
		return ok(what + " answers")
	}
	if left := a.tls.PeerCertificates[0].NotAfter.Sub(e.Now()); left < soon {
		return warning("the certificate of "+what+" ends soon", fmt.Sprintf("in %d hours", int(left.Hours())), "renew it, and find out why that did not happen by itself")
	}
	return ok(what + " answers, with a good certificate")
}

// sidecar looks at the public URLs from outside: does the sidecar answer there, and does
// it ask for a sign-in that comes back there?
func (e *exam) sidecar(ctx context.Context) []Finding {
	var found []Finding
	for _, public := range e.PublicURLs {
		found = append(found, e.atPublicURL(ctx, strings.TrimSuffix(public, "/"))...)
	}
	return found
}

func (e *exam) atPublicURL(ctx context.Context, public string) []Finding {
	a, err := e.get(ctx, public+e.BasePath+"/health", "Accept", "application/json")
	if err != nil {
		why, fix := trouble(hostOf(public), err)
		if _, _, certificate := tlsTrouble(hostOf(public), err); certificate {
			return one(failure(public+" has a bad certificate", why, fix))
		}
		return one(warning(public+" does not answer here", why, fix+"; users' browsers may reach it all the same"))
	}
	var health struct {
		Status   string `json:"status"`
		Provider string `json:"identity_provider"`
		State    string `json:"state"`
	}
	found := one(e.certificate(public, a))
	switch {
	case a.status == http.StatusMisdirectedRequest:
		return append(found, failure("the sidecar at "+public+" does not know that name", "it answers 421: the Host that arrives is another",
			"have what stands in front pass on Host unchanged (nginx: proxy_set_header Host $host), or add the name to public_url"))
	case a.status != http.StatusOK || json.Unmarshal([]byte(a.body), &health) != nil || health.State == "":
		return append(found, failure("no sidecar answers at "+public, fmt.Sprintf("%s/health answers %d and no health", e.BasePath, a.status),
			"lead "+public+" to the sidecar, "+e.BasePath+"/* included, with passkeys outside of blocks that have a matcher"))
	case health.Status != "ok":
		found = append(found, warning("the sidecar at "+public+" is degraded", "identity provider: "+line(health.Provider)+", state: "+line(health.State), "see docs/operations.md, Health"))
	}
	return append(found, e.demandsSignIn(ctx, public)...)
}

// demandsSignIn asks for a page that nobody has a session for.
func (e *exam) demandsSignIn(ctx context.Context, public string) []Finding {
	path := "/doctor-" + rand.Text()
	if slices.Contains(e.Public, "/*") {
		return one(unproven("whether "+public+" demands a sign-in is not seen", "public has /*", "narrow public: nothing needs a session now"))
	}
	a, err := e.get(ctx, public+path, "Accept", "text/html", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document")
	if err != nil {
		why, fix := trouble(hostOf(public), err)
		return one(warning(public+" does not answer here", why, fix))
	}
	to := a.redirect()
	switch {
	case to != nil && to.Query().Get("redirect_uri") != "":
		if got := to.Query().Get("redirect_uri"); got != e.callback(public) {
			return one(failure("sign-ins at "+public+" come back elsewhere", "the sidecar there sends "+quote(got), "set public_url "+public+", and reload the sidecar that runs there"))
		}
		if got := to.Query().Get("client_id"); got != e.Okta.ClientID {
			return one(warning("the sidecar at "+public+" runs another configuration", "it signs in as the client "+quote(got), "reload it, or give the doctor the file that it runs with"))
		}
		return one(ok(public + " demands a sign-in, which comes back there"))
	case to != nil && hostOf(to.String()) == hostOf(public) && strings.HasPrefix(to.Path, e.BasePath+"/"):
		return one(ok(public + " demands a sign-in"))
	case a.status >= 500:
		return one(failure("no sign-in begins at "+public, fmt.Sprintf("a page without a session is answered %d", a.status), "look at the sidecar's log"))
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		return one(ok(public + " demands a sign-in"))
	case to != nil:
		return one(warning(public+" redirects elsewhere", "it sends to "+place(to), "write the address that browsers end at as public_url"))
	}
	return one(failure("a page of the app is served without a sign-in", fmt.Sprintf("a path that is not public is answered %d", a.status),
		"put passkeys in front of every route to the app, outside of blocks with a matcher"))
}

// headerStripping sends forged headers of identity to a public path, with one header that
// means nothing. Where the app shows the second, it must not show the first. The forged
// ones are such as the app does not go by: one that made accounts by itself would make one
// for the doctor otherwise.
func (e *exam) headerStripping(ctx context.Context) []Finding {
	const byHand = "from outside, send a forged header to a page that shows it, such as: curl -H 'X-Forwarded-Email: forged' …"
	if len(e.PublicURLs) == 0 || len(e.IdleHeaders) == 0 {
		return nil
	}
	path := openPath(e.Public)
	if path == "" {
		return one(unproven("whether forged headers reach the app is not seen", "no path of the app is open without a session", byHand))
	}
	forged, plain := "forged-"+rand.Text(), "plain-"+rand.Text()
	headers := []string{"X-Doctor-Probe", plain}
	for _, name := range e.IdleHeaders {
		// Apps in CGI's way take an underscore for a hyphen.
		headers = append(headers, name, forged, strings.ReplaceAll(name, "-", "_"), forged)
	}
	a, err := e.get(ctx, strings.TrimSuffix(e.PublicURLs[0], "/")+path, headers...)
	if err != nil {
		return one(unproven("whether forged headers reach the app is not seen", "the site does not answer", byHand))
	}
	var all strings.Builder
	_ = a.header.Write(&all) // to memory
	shown := all.String() + a.body
	switch {
	case strings.Contains(shown, forged):
		return one(failure("forged headers of identity reach the app", "the app shows at "+path+" what the doctor sent as a user",
			"lead the public URL to the sidecar, with passkeys in front of the route to the app, and let no header_up set headers of identity from the request"))
	case strings.Contains(shown, plain):
		return one(ok("forged headers of identity do not reach the app, and others do"))
	}
	return one(unproven("whether forged headers reach the app is not seen", "the app does not show its headers at "+path, byHand))
}

// openPath is a path that a pattern of public paths opens, or "".
func openPath(patterns []string) string {
	for _, p := range patterns {
		if !strings.HasSuffix(p, "*") {
			return p
		}
	}
	for _, p := range patterns {
		return strings.TrimSuffix(p, "*")
	}
	return ""
}
