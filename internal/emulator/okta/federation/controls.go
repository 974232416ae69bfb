package federation

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/controls"
)

// Controls are what tests may ask of identity providers and routing rules.
func (s *Federation) Controls() map[string]controls.Control {
	return map[string]controls.Control{
		"GET routing-rules":                           s.controlRoutingRules,
		"PUT routing-rules":                           s.controlSetRoutingRules,
		"GET identity-providers":                      s.controlIdentityProviders,
		"PATCH identity-providers/{id}":               s.controlChangeIdentityProvider,
		"DELETE identity-providers/{id}/links/{user}": s.controlUnlink,
	}
}

// ruleForm is a RoutingRule in JSON.
type ruleForm struct {
	Clients     []string `json:"clients"`
	Providers   []string `json:"providers"`
	WithoutOkta bool     `json:"without_okta"`
}

func (s *Federation) controlRoutingRules(*http.Request) (any, error) {
	list := []ruleForm{}
	for _, rule := range s.RoutingRules() {
		list = append(list, ruleForm(rule))
	}
	return map[string]any{"rules": list}, nil
}

func (s *Federation) controlSetRoutingRules(r *http.Request) (any, error) {
	var form struct {
		Rules []ruleForm `json:"rules"`
	}
	if err := controls.ReadJSON(r, &form); err != nil {
		return nil, err
	}
	rules := make([]RoutingRule, 0, len(form.Rules))
	for _, rule := range form.Rules {
		rules = append(rules, RoutingRule(rule))
	}
	return nil, s.SetRoutingRules(rules...)
}

// controlIdentityProviders lists the providers without their secrets, and how
// many accounts are linked to each.
func (s *Federation) controlIdentityProviders(*http.Request) (any, error) {
	list := []map[string]any{}
	for _, p := range s.IdentityProviders() {
		list = append(list, map[string]any{
			"id": p.ID, "name": p.Name, "issuer": p.Issuer, "client_id": p.ClientID, "subject_filter": p.SubjectFilter,
			"trust_claims": p.TrustClaims, "inactive": p.Inactive, "links": len(s.Links(p.ID)),
		})
	}
	return map[string]any{"identity_providers": list}, nil
}

// controlChangeIdentityProvider switches what tests switch.
func (s *Federation) controlChangeIdentityProvider(r *http.Request) (any, error) {
	var form struct {
		TrustClaims   *bool   `json:"trust_claims"`
		Inactive      *bool   `json:"inactive"`
		SubjectFilter *string `json:"subject_filter"`
	}
	if err := controls.ReadJSON(r, &form); err != nil {
		return nil, err
	}
	p, ok := s.IdentityProvider(r.PathValue("id"))
	if !ok {
		return nil, ErrNoIdentityProvider
	}
	controls.Put(&p.TrustClaims, form.TrustClaims)
	controls.Put(&p.Inactive, form.Inactive)
	controls.Put(&p.SubjectFilter, form.SubjectFilter)
	return nil, s.SetIdentityProvider(p)
}

func (s *Federation) controlUnlink(r *http.Request) (any, error) {
	return nil, s.Unlink(r.PathValue("id"), r.PathValue("user"))
}
