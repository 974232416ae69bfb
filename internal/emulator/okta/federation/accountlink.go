package federation

import (
	"errors"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// link finds the user of an identity provider's account: by its sub once it is
// linked, the first time by the user name. Okta has no just-in-time creation
// here (provisioning.action DISABLED): a user that is not there stays unknown.
//
// Like Okta this trusts the provider's e-mail claim whether it is verified or
// not: a provider that lets its users choose it hands accounts over.
func (s *Federation) link(p IdentityProvider, claims upstreamClaims) (org.User, error) {
	name, _ := claims.all[p.claim()].(string)
	filter, err := p.filter()
	switch {
	case err != nil:
		return org.User{}, err
	case name == "":
		return org.User{}, errors.New("the ID token lacks the claim that the user name comes from")
	case !filter.MatchString(name):
		return org.User{}, errors.New("the user name does not pass the subject filter")
	}
	s.idps.mu.Lock()
	defer s.idps.mu.Unlock()
	links, ok := s.idps.links[p.ID]
	if !ok {
		return org.User{}, ErrNoIdentityProvider
	}
	user, err := s.linked(p, links, claims.Subject, name)
	switch {
	case err != nil:
		return org.User{}, err
	case user.Disabled:
		return org.User{}, errors.New("the user is disabled")
	}
	links[claims.Subject] = user.ID
	return user, nil
}

func (s *Federation) linked(p IdentityProvider, links map[string]string, sub, name string) (org.User, error) {
	if id, ok := links[sub]; ok {
		user, there := s.org.User(id)
		if !there {
			return org.User{}, errors.New("the linked user is gone")
		}
		return user, nil
	}
	if p.LinkDisabled {
		return org.User{}, errors.New("no linked user, and account linking is off")
	}
	var found []org.User
	for _, user := range s.org.Users() {
		if p.matches(user, name) {
			found = append(found, user)
		}
	}
	switch len(found) {
	case 0:
		return org.User{}, errors.New("no user has this name")
	case 1:
	default:
		return org.User{}, errors.New("several users have this name")
	}
	for _, id := range links {
		if id == found[0].ID {
			return org.User{}, errors.New("the user is linked to another account of this identity provider")
		}
	}
	return found[0], nil
}

func (p *IdentityProvider) matches(u org.User, name string) bool {
	login, email := strings.EqualFold(u.Login, name), u.Email != "" && strings.EqualFold(u.Email, name)
	switch p.MatchType {
	case MatchEmail:
		return email
	case MatchUsernameOrEmail:
		return login || email
	case MatchCustomAttribute:
		return p.MatchAttribute == "login" && login || p.MatchAttribute == "email" && email || p.MatchAttribute == "id" && u.ID == name
	default:
		return login
	}
}
