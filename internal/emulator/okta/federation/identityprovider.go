package federation

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// ErrNoIdentityProvider says that no identity provider has the given id.
var ErrNoIdentityProvider error = org.MissingError("identity provider")

// What an identity provider's user name is compared with (Okta: Identity
// Providers API, policy.subject.matchType).
const (
	MatchUsername        = "USERNAME"
	MatchEmail           = "EMAIL"
	MatchUsernameOrEmail = "USERNAME_OR_EMAIL"
	// MatchCustomAttribute compares MatchAttribute: "login", "email" or "id".
	MatchCustomAttribute = "CUSTOM_ATTRIBUTE"
)

// defaultSkew is Okta's default maxClockSkew.
const defaultSkew = 2 * time.Minute

// IdentityProvider is an OpenID Connect provider that the org trusts to sign
// users in (Okta: Identity Providers API, type OIDC).
type IdentityProvider struct {
	// ID is 0oa + 17 characters; empty makes one.
	ID string
	// Name is on the button "Sign in with …". Default: the id.
	Name string
	// Issuer must be the iss of its ID tokens, byte by byte.
	Issuer string
	// AuthorizationEndpoint, TokenEndpoint and JWKSURI are found by the
	// issuer's discovery document when all are empty, again at each sign-in.
	// Okta itself wants them in its settings.
	AuthorizationEndpoint, TokenEndpoint, JWKSURI string

	ClientID, ClientSecret string
	// ClientAuth is client_secret_basic (default) or client_secret_post.
	ClientAuth string
	// Scopes default to openid email profile.
	Scopes []string
	// UserNameTemplate makes the user name from a claim: "idpuser." and its
	// name. Default: idpuser.email.
	UserNameTemplate string
	// SubjectFilter is a regular expression that the whole user name must
	// match. Empty lets every name pass.
	SubjectFilter string
	// MatchType is one of the Match constants, default MatchUsername.
	MatchType, MatchAttribute string
	// LinkDisabled is accountLink.action DISABLED: only links that exist sign in.
	LinkDisabled bool
	// TrustClaims takes the amr of the ID token over, and then needs one.
	TrustClaims bool
	// ClockSkew is how far the provider's clock may be off. Default: 2 minutes.
	ClockSkew time.Duration
	// Inactive providers are not offered and refuse every sign-in.
	Inactive bool
}

func (p IdentityProvider) clone() IdentityProvider {
	p.Scopes = slices.Clone(p.Scopes)
	return p
}

// fill sets the defaults and checks the rest. The error names the setting.
func (p *IdentityProvider) fill() error {
	if p.ID == "" {
		p.ID = org.NewID("0oa")
	}
	if p.Name == "" {
		p.Name = p.ID
	}
	if len(p.Scopes) == 0 {
		p.Scopes = []string{"openid", "email", "profile"}
	}
	if p.UserNameTemplate == "" {
		p.UserNameTemplate = "idpuser.email"
	}
	if p.MatchType == "" {
		p.MatchType = MatchUsername
	}
	if p.ClientAuth == "" {
		p.ClientAuth = "client_secret_basic"
	}
	if p.ClockSkew == 0 {
		p.ClockSkew = defaultSkew
	}
	if err := p.check(); err != nil {
		return fmt.Errorf("okta emulator: identity provider %s: %w", p.ID, err)
	}
	return nil
}

func (p *IdentityProvider) check() error {
	given := 0
	for _, endpoint := range []string{p.AuthorizationEndpoint, p.TokenEndpoint, p.JWKSURI} {
		if endpoint != "" {
			given++
		}
	}
	if given != 0 && given != 3 {
		return errors.New("want all three endpoints or none of them")
	}
	for _, raw := range []string{p.Issuer, p.AuthorizationEndpoint, p.TokenEndpoint, p.JWKSURI} {
		u, err := url.Parse(raw)
		if raw == "" && raw != p.Issuer {
			continue
		}
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Errorf("%q is not an absolute http(s) URL", raw)
		}
	}
	_, filterErr := p.filter()
	switch {
	case p.ClientID == "":
		return errors.New("no client id")
	case p.ClientAuth != "client_secret_basic" && p.ClientAuth != "client_secret_post":
		return errors.New("client authentication: want client_secret_basic or client_secret_post")
	case !slices.Contains(p.Scopes, "openid"):
		return errors.New("the scopes lack openid")
	case p.claim() == "":
		return fmt.Errorf("user name template %q: want idpuser.<claim>", p.UserNameTemplate)
	case !slices.Contains([]string{MatchUsername, MatchEmail, MatchUsernameOrEmail, MatchCustomAttribute}, p.MatchType):
		return fmt.Errorf("unknown match type %q", p.MatchType)
	case p.MatchType == MatchCustomAttribute && !slices.Contains([]string{"login", "email", "id"}, p.MatchAttribute):
		return fmt.Errorf("match attribute %q: this emulator knows login, email and id", p.MatchAttribute)
	case p.ClockSkew < 0:
		return errors.New("the clock skew is negative")
	}
	return filterErr
}

// filter is the subject filter, anchored at both ends as at Okta.
func (p *IdentityProvider) filter() (*regexp.Regexp, error) {
	if p.SubjectFilter == "" {
		return regexp.MustCompile(""), nil
	}
	return regexp.Compile(`^(?:` + p.SubjectFilter + `)$`)
}

// claim is the name of the claim that the user name comes from.
func (p *IdentityProvider) claim() string {
	name, ok := strings.CutPrefix(p.UserNameTemplate, "idpuser.")
	switch {
	case !ok || strings.ContainsAny(name, " .+()"):
		return ""
	case name == "subjectNameId" || name == "externalId":
		return "sub"
	case name == "userName" || name == "preferredUsername":
		return "preferred_username"
	}
	return name
}

// identityProviders holds the providers by id, in the order they were added,
// and the accounts that are linked to each.
type identityProviders struct {
	mu    sync.Mutex
	order []string
	byID  map[string]IdentityProvider
	// links leads from a provider's id and sub to a user's id.
	links map[string]map[string]string
	rules []RoutingRule
}

func newIdentityProviders() *identityProviders {
	return &identityProviders{byID: map[string]IdentityProvider{}, links: map[string]map[string]string{}}
}

func (d *identityProviders) put(p IdentityProvider, add bool) (IdentityProvider, error) {
	if err := p.fill(); err != nil {
		return IdentityProvider{}, err
	}
	p = p.clone()
	d.mu.Lock()
	defer d.mu.Unlock()
	_, there := d.byID[p.ID]
	switch {
	case add && there:
		return IdentityProvider{}, fmt.Errorf("okta emulator: identity provider %s is there twice", p.ID)
	case !add && !there:
		return IdentityProvider{}, ErrNoIdentityProvider
	case add:
		d.order = append(d.order, p.ID)
		d.links[p.ID] = map[string]string{}
	}
	d.byID[p.ID] = p
	return p.clone(), nil
}

func (d *identityProviders) get(id string) (IdentityProvider, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.byID[id]
	return p.clone(), ok
}

// AddIdentityProvider adds a provider and returns it with its id and defaults.
func (s *Federation) AddIdentityProvider(p IdentityProvider) (IdentityProvider, error) {
	return s.idps.put(p, true)
}

// SetIdentityProvider replaces the provider with the same id; links stay. The
// error is ErrNoIdentityProvider, or names a bad setting.
func (s *Federation) SetIdentityProvider(p IdentityProvider) error {
	_, err := s.idps.put(p, false)
	return err
}

// RemoveIdentityProvider removes a provider and its links.
func (s *Federation) RemoveIdentityProvider(id string) error {
	s.idps.mu.Lock()
	defer s.idps.mu.Unlock()
	if _, ok := s.idps.byID[id]; !ok {
		return ErrNoIdentityProvider
	}
	delete(s.idps.byID, id)
	delete(s.idps.links, id)
	s.idps.order = slices.DeleteFunc(s.idps.order, func(other string) bool { return other == id })
	return nil
}

// IdentityProvider returns one provider, its client secret included.
func (s *Federation) IdentityProvider(id string) (IdentityProvider, bool) { return s.idps.get(id) }

// IdentityProviders lists the providers in the order they were added, their
// client secrets included.
func (s *Federation) IdentityProviders() []IdentityProvider {
	s.idps.mu.Lock()
	defer s.idps.mu.Unlock()
	list := make([]IdentityProvider, 0, len(s.idps.order))
	for _, id := range s.idps.order {
		list = append(list, s.idps.byID[id].clone())
	}
	return list
}

// Links returns a provider's linked accounts: user ids by the provider's sub.
func (s *Federation) Links(idpID string) map[string]string {
	s.idps.mu.Lock()
	defer s.idps.mu.Unlock()
	return maps.Clone(s.idps.links[idpID])
}

// Unlink forgets a user's account at a provider, so that the next sign-in
// matches by name again. The error says what is not there.
func (s *Federation) Unlink(idpID, idOrLogin string) error {
	u, ok := s.org.User(idOrLogin)
	if !ok {
		return org.ErrNoUser
	}
	s.idps.mu.Lock()
	defer s.idps.mu.Unlock()
	links, ok := s.idps.links[idpID]
	if !ok {
		return ErrNoIdentityProvider
	}
	maps.DeleteFunc(links, func(_, id string) bool { return id == u.ID })
	return nil
}
