package doctor

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// bigCookies is the size, in bytes, from which on the cookies of a session endanger
// requests: common proxies take 8 KiB of all header fields together.
const bigCookies = 4096

// idToken forecasts what a session of a real ID token will hold, and its size. The token
// is believed as it is: it signs nobody in here.
func (e *exam) idToken(ctx context.Context) []Finding {
	if e.IDToken == "" {
		return one(unproven("claims and the size of cookies are not forecast", "there is no ID token to look at",
			"sign in with a tool of your own (Okta: Security > API > Token Preview), put the ID token into a file, and add: --id-token FILE"))
	}
	header, set, err := claims.Unverified(strings.TrimSpace(e.IDToken))
	if err != nil {
		return one(failure("the file of --id-token holds no ID token", "it is "+err.Error(), "put the token alone into the file: three parts with dots between them"))
	}
	found := e.tokenNames(header, set)
	if Worst(found) < Error {
		found = append(found, e.wrongKey(ctx, header)...)
	}
	found = append(found, e.claimsOf(set)...)
	return append(found, e.sizes(ctx, set)...)
}

// tokenNames compares who issued the token for whom.
func (e *exam) tokenNames(header, set claims.Set) (found []Finding) {
	if iss, err := set.Text("iss", claims.MaxText); err != nil || iss != e.Okta.Issuer {
		found = append(found, failure("the ID token is of another issuer", "its iss is "+quote(iss)+", issuer is "+e.Okta.Issuer,
			"if the token is of this client's: write issuer as the token does; else get one of this client's"))
	}
	if !slices.Contains(set.Audiences(), e.Okta.ClientID) {
		found = append(found, failure("the ID token is for another client", "its aud lacks "+e.Okta.ClientID, "get an ID token of this very client, or correct client_id"))
	}
	alg, _ := header.Text("alg", 16)
	if strings.HasPrefix(alg, "HS") || alg == "none" {
		found = append(found, failure("ID tokens are not signed with a public key", "the token's alg is "+line(alg), "set the app's ID token signature to RS256 (Auth0: JSON Web Token Signature Algorithm)"))
	}
	return found
}

// wrongKey looks for the token's key among the published ones.
func (e *exam) wrongKey(ctx context.Context, header claims.Set) []Finding {
	kid, err := header.Text("kid", claims.MaxText)
	if err != nil || kid == "" || e.meta == nil {
		return nil
	}
	a, err := e.get(ctx, e.meta.JWKS, "Accept", "application/json")
	var set struct {
		Keys []struct {
			ID string `json:"kid"`
		} `json:"keys"`
	}
	if err != nil || json.Unmarshal([]byte(a.body), &set) != nil {
		return nil // the check keys says so
	}
	for _, k := range set.Keys {
		if k.ID == kid {
			return nil
		}
	}
	return one(warning("the ID token is signed by a key that the provider does not publish", "its kid is not in the key set",
		"get a fresh token; if this stays, pin the app's client_id in the key set's address (Okta: apps with a signing key of their own)"))
}

// claimsOf says what the product will miss.
func (e *exam) claimsOf(set claims.Set) (found []Finding) {
	wants := func(claim string) bool {
		return slices.Contains(e.Claims, claim) || claim == "groups" && (len(e.NeededGroups) > 0 || slices.Contains(e.Okta.Scopes, "groups"))
	}
	if set.Lacks("groups") && wants("groups") {
		found = append(found, warning("the ID token has no groups", "the configuration asks for them", "add a groups claim, always in the ID token, to the authorization server (Okta: Security > API > Claims); the sidecar also looks in userinfo"))
	}
	if set.Lacks("auth_time") && e.StepUp {
		if e.meta != nil && shapeOf(e.meta.Issuer, e.meta.Token) == auth0Tenant {
			found = append(found, ok("the ID token has no auth_time; Auth0 sends it where the sidecar asks for a recent sign-in"))
		} else {
			found = append(found, warning("the ID token has no auth_time", "step-up must know when the user signed in", "have the provider send auth_time; Okta does so by itself"))
		}
	}
	if e.NeedsVerifiedEmail {
		var verified bool
		if json.Unmarshal(set["email_verified"], &verified) != nil || !verified {
			found = append(found, warning("the ID token does not say that the e-mail address is verified", "access rules or Corbado's identifier go by the address",
				"verify addresses at the provider, map email_verified, and ask for the scope email"))
		}
	}
	for _, claim := range e.Claims {
		if claim != "groups" && !session.Standard(claim) && set.Lacks(claim) {
			found = append(found, unproven("the ID token has no claim "+line(claim), "an identity block or the assertion names it; it may come by userinfo",
				"add it to the ID token (Okta: Security > API > Claims; Auth0: an Action), or correct the name"))
		}
	}
	return found
}

// sizes seals a session of the claims, as a sign-in does, and measures the cookies.
func (e *exam) sizes(ctx context.Context, set claims.Set) []Finding {
	subject, err := set.Text("sub", claims.MaxText)
	if err != nil || subject == "" {
		return one(failure("the ID token has no usable sub", "sessions name their user by it", "get an ID token of this client's"))
	}
	groups, err := claims.NewGroups(e.Groups, e.NeededGroups)
	if err != nil {
		return nil // the configuration says so
	}
	var left dropped
	made := claims.NewReader(claims.Selection{Groups: groups, Further: e.Claims, PasskeyIDP: e.Okta.PasskeyIDP}, slog.New(&left)).
		SignIn(ctx, e.Okta.Issuer, subject, set)
	var found []Finding
	for _, claim := range left {
		fix := "have the provider send less, or something else"
		if claim == "groups" {
			fix = "choose which groups count with: groups app-* …, or filter the groups claim at the provider"
		}
		found = append(found, warning("a part of the claim "+line(claim)+" does not fit into a session", "the app will not be told all of it", fix))
	}
	size, err := e.cookieSize(made)
	switch {
	case errors.Is(err, seal.ErrTooLarge):
		return append(found, failure("the session does not fit into its cookies", "the claims are too large", "name fewer groups with: groups …, and fewer claims in identity and assertion"))
	case err != nil:
		return append(found, unproven("the size of cookies is not forecast", err.Error(), "report it as a bug of the doctor"))
	case size > bigCookies:
		return append(found, warning(fmt.Sprintf("the session's cookies take %d bytes of every request", size), "many proxies take 8 KiB of headers in all, the app's own cookies included",
			"name the groups that count with: groups …, or raise the limits of what stands in front (nginx: large_client_header_buffers)"))
	}
	return append(found, ok(fmt.Sprintf("the session's cookies will take %d bytes of every request", size)))
}

// cookieSize is how many bytes of a request the cookies of a session take.
func (e *exam) cookieSize(made *session.Session) (int, error) {
	throwaway := []byte(rand.Text() + rand.Text())
	ring, err := seal.NewKeyring(throwaway)
	if err != nil {
		return 0, err
	}
	store, err := session.New(session.Config{
		Keyring: ring.Bind("doctor"), Idle: time.Hour, Lifetime: time.Hour, LogoutPath: e.BasePath + "/logout",
		Insecure: strings.HasPrefix(e.Name(), "http://"), Now: e.Now,
	})
	if err != nil {
		return 0, err
	}
	w := kept{}
	if err := store.Start(w, made, ""); err != nil {
		return 0, err
	}
	size := 0
	for _, c := range (&http.Response{Header: http.Header(w)}).Cookies() {
		if c.MaxAge >= 0 && c.Path == "/" {
			size += len(c.Name) + len("=; ") + len(c.Value)
		}
	}
	return size, nil
}

// kept is an answer of which only the header counts.
type kept http.Header

// Header implements http.ResponseWriter.
func (k kept) Header() http.Header { return http.Header(k) }

// Write implements http.ResponseWriter.
func (k kept) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements http.ResponseWriter.
func (k kept) WriteHeader(int) {}

// dropped collects which claims a reader left out.
type dropped []string

// Enabled implements slog.Handler.
func (d *dropped) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (d *dropped) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "claim" {
			*d = append(*d, a.Value.String())
		}
		return true
	})
	return nil
}

// WithAttrs implements slog.Handler.
func (d *dropped) WithAttrs([]slog.Attr) slog.Handler { return d }

// WithGroup implements slog.Handler.
func (d *dropped) WithGroup(string) slog.Handler { return d }
