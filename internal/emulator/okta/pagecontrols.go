package okta

import "net/http"

// pageForm is a SignInPage in JSON.
type pageForm struct {
	Template   string   `json:"template"`
	Generation string   `json:"generation"`
	PolicyMode string   `json:"policy_mode"`
	Sources    []string `json:"sources"`
}

func (s *Server) controlSignInPage(*http.Request) (any, error) {
	p := s.SignInPage()
	return pageForm{p.Template, p.Generation, p.PolicyMode, append([]string{}, p.Sources...)}, nil
}

// controlSetSignInPage replaces the page; {} brings the emulator's own back.
func (s *Server) controlSetSignInPage(r *http.Request) (any, error) {
	var form pageForm
	if err := readJSON(r, &form); err != nil {
		return nil, err
	}
	return nil, s.SetSignInPage(SignInPage(form))
}

// ruleForm is a RoutingRule in JSON.
type ruleForm struct {
	Clients     []string `json:"clients"`
	Providers   []string `json:"providers"`
	WithoutOkta bool     `json:"without_okta"`
}

func (s *Server) controlRoutingRules(*http.Request) (any, error) {
	list := []ruleForm{}
	for _, rule := range s.RoutingRules() {
		list = append(list, ruleForm(rule))
	}
	return map[string]any{"rules": list}, nil
}

func (s *Server) controlSetRoutingRules(r *http.Request) (any, error) {
	var form struct {
		Rules []ruleForm `json:"rules"`
	}
	if err := readJSON(r, &form); err != nil {
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
func (s *Server) controlIdentityProviders(*http.Request) (any, error) {
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
func (s *Server) controlChangeIdentityProvider(r *http.Request) (any, error) {
	var form struct {
		TrustClaims   *bool   `json:"trust_claims"`
		Inactive      *bool   `json:"inactive"`
		SubjectFilter *string `json:"subject_filter"`
	}
	if err := readJSON(r, &form); err != nil {
		return nil, err
	}
	p, ok := s.IdentityProvider(r.PathValue("id"))
	if !ok {
		return nil, ErrNoIdentityProvider
	}
	put(&p.TrustClaims, form.TrustClaims)
	put(&p.Inactive, form.Inactive)
	put(&p.SubjectFilter, form.SubjectFilter)
	return nil, s.SetIdentityProvider(p)
}

func (s *Server) controlUnlink(r *http.Request) (any, error) {
	return nil, s.Unlink(r.PathValue("id"), r.PathValue("user"))
}
