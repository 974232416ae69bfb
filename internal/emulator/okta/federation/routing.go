package federation

import (
	"fmt"
	"slices"
)

// RoutingRule says which ways to sign in the users of some apps are offered
// (Okta: Policy API, type IDP_DISCOVERY, with idpSelectionType SPECIFIC).
type RoutingRule struct {
	// Clients are the client ids that the rule is for; none means every app.
	Clients []string
	// Providers are the ids of identity providers.
	Providers []string
	// WithoutOkta leaves the provider {"type":"OKTA"} out of the rule. With one
	// identity provider alone Okta shows no page and goes straight there.
	WithoutOkta bool
}

// route is what a rule comes to: the active providers, and Okta or not.
type route struct {
	okta      bool
	providers []IdentityProvider
}

// alone is the only way to sign in, when that is an identity provider.
func (r route) alone() (IdentityProvider, bool) {
	if r.okta || len(r.providers) != 1 {
		return IdentityProvider{}, false
	}
	return r.providers[0], true
}

// route finds the first rule for a client. Without a rule, or with one that
// leaves nothing, there is Okta's own sign-in.
func (d *identityProviders) route(clientID string) route {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, rule := range d.rules {
		if len(rule.Clients) > 0 && !slices.Contains(rule.Clients, clientID) {
			continue
		}
		found := route{okta: !rule.WithoutOkta}
		for _, id := range rule.Providers {
			if p, ok := d.byID[id]; ok && !p.Inactive {
				found.providers = append(found.providers, p.clone())
			}
		}
		found.okta = found.okta || len(found.providers) == 0
		return found
	}
	return route{okta: true}
}

// SetRoutingRules replaces the routing rules; the first that names a client
// counts. The error names an identity provider that is not there.
func (s *Federation) SetRoutingRules(rules ...RoutingRule) error {
	s.idps.mu.Lock()
	defer s.idps.mu.Unlock()
	kept := make([]RoutingRule, 0, len(rules))
	for _, rule := range rules {
		for _, id := range rule.Providers {
			if _, ok := s.idps.byID[id]; !ok {
				return fmt.Errorf("%w: %s in a routing rule", ErrNoIdentityProvider, id)
			}
		}
		kept = append(kept, rule.clone())
	}
	s.idps.rules = kept
	return nil
}

// RoutingRules lists the rules in the order they are tried.
func (s *Federation) RoutingRules() []RoutingRule {
	s.idps.mu.Lock()
	defer s.idps.mu.Unlock()
	list := make([]RoutingRule, 0, len(s.idps.rules))
	for _, rule := range s.idps.rules {
		list = append(list, rule.clone())
	}
	return list
}

func (r RoutingRule) clone() RoutingRule {
	r.Clients, r.Providers = slices.Clone(r.Clients), slices.Clone(r.Providers)
	return r
}
