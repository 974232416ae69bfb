package login

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Caps of what a session holds of a claim, in bytes. A longer value is left out:
// half an e-mail address is another address.
const (
	maxEmail = 320 // RFC 5321 section 4.5.3.1: 64 before the @, 255 after it
	maxText  = 256
	maxClaim = 1024
)

// errForeignUserinfo means that the userinfo endpoint spoke of somebody else.
var errForeignUserinfo = errors.New("the userinfo answer's sub is not the ID token's")

// wantedClaims lists the claims that are worth a call to the userinfo endpoint
// when the ID token lacks them: those that the scopes promise (OpenID Connect
// Core 1.0 section 5.4; groups is Okta's) and those asked for by name.
func wantedClaims(scopes, further []string) []string {
	var wanted []string
	for _, scope := range scopes {
		switch scope {
		case "email":
			wanted = append(wanted, "email")
		case "profile":
			wanted = append(wanted, "name", "preferred_username")
		case "groups":
			wanted = append(wanted, "groups")
		}
	}
	for _, name := range further {
		if !slices.Contains(wanted, name) && !fromIDTokenOnly(name) {
			wanted = append(wanted, name)
		}
	}
	return wanted
}

// fromIDTokenOnly tells whether a claim speaks of this sign-in, and so stands in
// the ID token or nowhere.
func fromIDTokenOnly(claim string) bool {
	switch claim {
	case "sub", "iss", "sid", "amr", "acr", "idp", "passkey", "auth_time":
		return true
	}
	return false
}

// identify makes a session of a verified ID token. Okta's custom authorization
// servers leave most claims out of an ID token that comes with an access token;
// they are filled in from the userinfo endpoint. If that does not answer, the
// person still signs in, with less known about them.
func (rp *RelyingParty) identify(ctx context.Context, md *metadata, id *idToken, t *tokens) (*session.Session, error) {
	err := rp.fillIn(ctx, md, id, t)
	switch {
	case errors.Is(err, errForeignUserinfo):
		return nil, err
	case err != nil:
		rp.log.WarnContext(ctx, "userinfo not available, signing in without it", slog.String("error", printable(err.Error(), maxLogText)))
	}
	s := rp.describe(ctx, id)
	s.RefreshToken, s.RefreshAt = t.refresh, rp.refreshAt(t)
	return s, nil
}

// fillIn takes the claims that the ID token lacks from the userinfo endpoint.
func (rp *RelyingParty) fillIn(ctx context.Context, md *metadata, id *idToken, t *tokens) error {
	if md.userinfoEndpoint == "" || !id.claims.lackAny(rp.wanted) {
		return nil
	}
	more, err := rp.userinfo(ctx, md, t.access)
	if err != nil {
		return err
	}
	if sub, _ := more.text("sub"); sub != id.subject {
		return errForeignUserinfo
	}
	id.claims.fill(more, append(slices.Clip(rp.wanted), "groups", "email_verified"))
	return nil
}

// describe takes a user's claims into a session.
func (rp *RelyingParty) describe(ctx context.Context, id *idToken) *session.Session {
	c := claimReader{claims: id.claims, drop: func(claim, reason string) {
		rp.log.WarnContext(ctx, "claim left out", slog.String("claim", claim), slog.String("reason", reason))
	}}
	s := &session.Session{
		Issuer:      rp.provider.issuer,
		Subject:     id.subject,
		Email:       c.email(),
		Name:        c.line("name"),
		Username:    c.line("preferred_username"),
		Groups:      c.groups(rp.config.Groups),
		AMR:         c.methods(),
		ACR:         c.line("acr"),
		IDP:         c.line("idp"),
		ProviderSID: c.line("sid"),
		AuthTime:    id.authTime,
	}
	s.EmailUnverified = id.claims.doubts("email_verified")
	s.Passkey = s.IDP != "" && s.IDP == rp.config.PasskeyIDP
	for _, name := range rp.config.Claims {
		if session.Standard(name) {
			continue
		}
		if claim := c.headerReady(name); claim.Value != "" {
			s.Claims = append(s.Claims, claim)
		}
	}
	return s
}

func (rp *RelyingParty) claimsProblem(err error) *problem.Problem {
	return &problem.Problem{
		Status: http.StatusBadGateway,
		Code:   "userinfo_mismatch",
		Title:  "Sign-in could not be completed",
		Detail: "The identity provider's answers speak of two different people, so you were not signed in.",
		Ways:   []problem.Way{rp.wayOtherAccount("")},
		Err:    err,
	}
}

// claimReader takes claims in and leaves out, with a warning, what a session or
// a header should not hold. The values come from people's profiles: a display
// name may hold anything.
type claimReader struct {
	claims claimSet
	// drop is told of each claim that is left out or cut, and why.
	drop func(claim, reason string)
}

// line returns a claim that is one line of text, or "".
func (c claimReader) line(claim string) string { return c.capped(claim, maxText) }

func (c claimReader) capped(claim string, most int) string {
	v, list, ok := c.claims.values(claim)
	switch {
	case !ok:
		c.drop(claim, "not text")
	case len(v) == 0:
	case list:
		c.drop(claim, "a list")
	case len(v[0]) > most:
		c.drop(claim, "too long")
	case !plain(v[0]):
		c.drop(claim, "control characters")
	default:
		return v[0]
	}
	return ""
}

// email returns the e-mail address if it has exactly one @, so that no two
// readers disagree about its domain.
func (c claimReader) email() string {
	v := c.capped("email", maxEmail)
	if v == "" {
		return ""
	}
	before, after, found := strings.Cut(v, "@")
	if !found || before == "" || after == "" || strings.ContainsFunc(before, notInAddress) || strings.ContainsFunc(after, notInAddress) {
		c.drop("email", "not an e-mail address")
		return ""
	}
	return v
}

// notInAddress tells what an address without quotes does not hold beside its @:
// anything but letters, digits and the signs of RFC 5322 section 3.2.3, in any
// alphabet (RFC 6531). Spaces that are none and characters that nobody sees would
// make another address look the same.
func notInAddress(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) && !strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r)
}

// joined returns a list claim, or a single string as a list of one, joined and
// escaped; what does not fit is left out.
func (c claimReader) joined(claim string, most int) string {
	all, _, ok := c.claims.values(claim)
	if !ok {
		c.drop(claim, "not text")
		return ""
	}
	kept := make([]string, 0, len(all))
	size := 0
	for i, v := range all {
		if v == "" || !plain(v) {
			c.drop(claim, "a value is empty or holds control characters")
			continue
		}
		if size += len(session.JoinList([]string{v})) + 1; size-1 > most {
			c.drop(claim, fmt.Sprintf("the last %d of %d values: more than %d bytes in all", len(all)-i, len(all), most))
			break
		}
		kept = append(kept, v)
	}
	return session.JoinList(kept)
}

// methods returns the amr claim, space-separated (RFC 8176).
func (c claimReader) methods() string {
	all, _, ok := c.claims.values("amr")
	if !ok {
		c.drop("amr", "not text")
		return ""
	}
	var kept []string
	size := 0
	for _, v := range all {
		if size += len(v) + 1; v == "" || size > maxText || strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }) {
			c.drop("amr", "not a list of short names")
			return ""
		}
		kept = append(kept, v)
	}
	return strings.Join(kept, " ")
}

// headerReady returns a further claim as it goes into a header: lists joined and
// escaped, and in single values the percent sign escaped, as the app decodes
// both. Commas of a single value are its own.
func (c claimReader) headerReady(claim string) session.Claim {
	_, list, ok := c.claims.values(claim)
	if ok && list {
		return session.Claim{Name: claim, Value: c.joined(claim, maxClaim)}
	}
	v := c.capped(claim, maxClaim)
	return session.Claim{Name: claim, Value: strings.ReplaceAll(v, "%", "%25"), Text: strings.Contains(v, ",")}
}
