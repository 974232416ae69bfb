package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
)

const wellKnown = "/.well-known/openid-configuration"

// metadata is what the provider says of itself (OpenID Connect Discovery 1.0 section 3).
type metadata struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	JWKS          string   `json:"jwks_uri"`
	EndSession    string   `json:"end_session_endpoint"`
	Scopes        []string `json:"scopes_supported"`
	ResponseTypes []string `json:"response_types_supported"`
	GrantTypes    []string `json:"grant_types_supported"`
	PKCE          []string `json:"code_challenge_methods_supported"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
}

// fixIssuer is where the right issuer stands.
const fixIssuer = "copy the Issuer URI from Security > API > Authorization Servers in Okta's admin console (Auth0: the tenant's domain, with https:// and a slash at the end)"

const discoveryFailed = "discovery failed"

// needsDiscovery is the finding of checks that cannot run without metadata.
func needsDiscovery() []Finding { return one(unproven("not asked", discoveryFailed, "")) }

// discovery reads the metadata, and keeps it for the others if it can be used.
func (e *exam) discovery(ctx context.Context) []Finding {
	if e.Okta.Issuer == "" {
		return one(unproven("not asked", "there is no issuer", "set: okta { issuer … }"))
	}
	target := strings.TrimSuffix(e.Okta.Issuer, "/") + wellKnown
	a, err := e.get(ctx, target, "Accept", "application/json")
	if err != nil {
		why, fix := trouble(hostOf(target), err)
		return one(failure("the provider's metadata cannot be read", why, fix))
	}
	if bad := e.notMetadata(ctx, a); bad != nil {
		return one(*bad)
	}
	var m metadata
	if err := json.Unmarshal([]byte(a.body), &m); err != nil || m.Issuer == "" {
		what := "JSON without an issuer"
		if err != nil {
			what = "no JSON"
		}
		return one(failure("what stands at the issuer is no OpenID provider", a.url+" answers "+what, fixIssuer))
	}
	if m.Issuer != e.Okta.Issuer {
		return one(misnamed(e.Okta.Issuer, m.Issuer))
	}
	if bad := m.check(); bad != nil {
		return one(*bad)
	}
	e.discovered.Store(&m)
	return one(ok("the metadata names the issuer, which is " + shapeOf(m.Issuer, m.Token)))
}

// notMetadata is what is wrong with an answer that is no metadata at all.
func (e *exam) notMetadata(ctx context.Context, a answer) *Finding {
	var f Finding
	switch to := a.redirect(); {
	case to != nil && to.Host != hostPort(a.url):
		f = failure("the issuer redirects to another host", "its metadata is said to be at "+place(to), "write the issuer that answers itself, such as one that begins with: issuer "+to.Scheme+"://"+to.Host)
	case to != nil:
		f = failure("the issuer redirects instead of answering", "its metadata is said to be at "+place(to), fixIssuer)
	case a.status == http.StatusNotFound:
		f = failure("there is no authorization server at the issuer", a.url+" answers 404", e.otherIssuer(ctx))
	case a.status == http.StatusTooManyRequests:
		f = warning("the provider limits the rate", a.url+" answers 429", "run the doctor again in a minute")
	case a.status >= 500:
		f = failure("the provider is out of order", fmt.Sprintf("%s answers %d", a.url, a.status), "wait, and look at the provider's status page (status.okta.com)")
	case a.status != http.StatusOK:
		f = failure("the provider does not show its metadata", fmt.Sprintf("%s answers %d", a.url, a.status), fixIssuer)
	case a.html():
		f = failure("what stands at the issuer is no OpenID provider", a.url+" answers a web page", fixIssuer)
	default:
		return nil
	}
	return &f
}

// otherIssuer looks for the authorization server that was meant: the org's own, or the
// custom one that every org with API Access Management has.
func (e *exam) otherIssuer(ctx context.Context) string {
	org := provider.OrgIssuer(e.Okta.Issuer)
	candidates := []string{org}
	if org == "" {
		candidates = []string{strings.TrimSuffix(e.Okta.Issuer, "/") + "/oauth2/default"}
	} else if !strings.HasSuffix(e.Okta.Issuer, "/default") {
		candidates = []string{org + "/oauth2/default", org}
	}
	for _, c := range candidates {
		a, err := e.get(ctx, c+wellKnown, "Accept", "application/json")
		var m metadata
		if err == nil && a.status == http.StatusOK && json.Unmarshal([]byte(a.body), &m) == nil && m.Issuer != "" {
			return "one answers at " + line(m.Issuer) + "; if that is the one, write: issuer " + line(m.Issuer)
		}
	}
	return fixIssuer
}

// misnamed is the finding for a provider that calls itself something else.
func misnamed(configured, named string) Finding {
	why := "issuer " + configured + " is configured, the provider calls itself " + line(named)
	if strings.TrimSuffix(configured, "/") == strings.TrimSuffix(named, "/") {
		return failure("the issuer differs in its trailing slash", why, "write: issuer "+named)
	}
	if hostOf(configured) != hostOf(named) {
		return failure("the provider names itself by another host", why,
			"write: issuer "+line(named)+", or change the Issuer of the app or authorization server at Okta (Okta URL, Custom URL, Dynamic)")
	}
	return failure("the provider has another name", why, "write: issuer "+line(named))
}

// check says what the metadata lacks.
func (m metadata) check() *Finding {
	for _, end := range []struct{ name, url string }{
		{"authorization_endpoint", m.Authorization}, {"token_endpoint", m.Token}, {"jwks_uri", m.JWKS},
	} {
		u, err := url.Parse(end.url)
		if err != nil || u.Host == "" || u.Scheme != "https" && !origin.IsLoopbackHost(u.Host) {
			f := failure("the metadata has no usable "+end.name, "it says "+quote(end.url), fixIssuer)
			return &f
		}
	}
	if len(m.ResponseTypes) > 0 && !slices.Contains(m.ResponseTypes, "code") {
		f := failure("the provider does not offer the code flow", "response_types_supported lacks code", fixIssuer)
		return &f
	}
	return nil
}

func hostPort(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}

// keys reads the key set that ID tokens are verified with (RFC 7517).
func (e *exam) keys(ctx context.Context) []Finding {
	if e.meta == nil {
		return needsDiscovery()
	}
	a, err := e.get(ctx, e.meta.JWKS, "Accept", "application/json")
	if err != nil {
		why, fix := trouble(hostOf(e.meta.JWKS), err)
		return one(failure("the provider's keys cannot be read", why, fix))
	}
	var set struct {
		Keys []struct {
			Type string `json:"kty"`
			Use  string `json:"use"`
		} `json:"keys"`
	}
	if a.status != http.StatusOK || json.Unmarshal([]byte(a.body), &set) != nil {
		return one(failure("the provider's keys cannot be read", fmt.Sprintf("%s answers %d and no key set", e.meta.JWKS, a.status),
			"wait if the provider is out of order (status.okta.com); else look at a proxy on the way"))
	}
	for _, k := range set.Keys {
		if (k.Type == "RSA" || k.Type == "EC") && (k.Use == "" || k.Use == "sig") {
			return one(ok("the provider publishes keys for ID tokens"))
		}
	}
	return one(failure("the provider publishes no key for signatures", "its key set has no RSA or EC key", "have the app's ID tokens signed with RS256"))
}

// Above noticed, clocks are worth a word; above tolerated, ID tokens are refused.
const (
	noticed   = 20 * time.Second
	tolerated = provider.Skew
)

// clock compares this machine's clock with the provider's and Corbado's.
func (e *exam) clock(ctx context.Context) []Finding {
	var found []Finding
	for _, at := range []struct{ who, url string }{
		{"the identity provider", e.Okta.Issuer + wellKnown}, {"Corbado", e.Corbado.BackendAPI},
	} {
		if hostOf(at.url) == "" {
			continue
		}
		before := e.Now()
		a, err := e.get(ctx, at.url)
		if err != nil {
			continue // the checks of these say so
		}
		after := e.Now()
		theirs, err := http.ParseTime(a.header.Get("Date"))
		if err != nil {
			found = append(found, unproven("the clock of "+at.who+" is unknown", "its answer has no Date", "compare this machine's clock with a time server's"))
			continue
		}
		found = append(found, skew(at.who, before.Add(after.Sub(before)/2), theirs))
	}
	return found
}

// skew compares two clocks. A Date has whole seconds.
func skew(who string, ours, theirs time.Time) Finding {
	off := ours.Sub(theirs.Add(time.Second / 2)).Round(time.Second)
	way := "ahead of"
	if off < 0 {
		off, way = -off, "behind"
	}
	why := fmt.Sprintf("it is %s %s %s", off, way, who)
	const fix = "run a time service on this machine (chrony, systemd-timesyncd), or set the host's clock"
	switch {
	case off > tolerated:
		return failure("this machine's clock is wrong", why+"; sign-ins are refused beyond "+tolerated.String(), fix)
	case off > noticed:
		return warning("this machine's clock drifts", why+"; sign-ins are refused beyond "+tolerated.String(), fix)
	}
	return ok("the clock agrees with that of " + who)
}
