package signin

import (
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/controls"
)

// pageForm is a SignInPage in JSON.
type pageForm struct {
	Template   string   `json:"template"`
	Generation string   `json:"generation"`
	PolicyMode string   `json:"policy_mode"`
	Sources    []string `json:"sources"`
}

// Controls are what tests may ask of sign-ins.
func (s *SignIn) Controls() map[string]controls.Control {
	return map[string]controls.Control{
		"GET transactions": s.controlTransactions,
		"GET sign-in-page": s.controlSignInPage,
		"PUT sign-in-page": s.controlSetSignInPage,
	}
}

func (s *SignIn) controlTransactions(*http.Request) (any, error) {
	return map[string]any{"transactions": s.transactions.list()}, nil
}

func (s *SignIn) controlSignInPage(*http.Request) (any, error) {
	p := s.SignInPage()
	return pageForm{p.Template, p.Generation, p.PolicyMode, append([]string{}, p.Sources...)}, nil
}

// controlSetSignInPage replaces the page; {} brings the emulator's own back.
func (s *SignIn) controlSetSignInPage(r *http.Request) (any, error) {
	var form pageForm
	if err := controls.ReadJSON(r, &form); err != nil {
		return nil, err
	}
	return nil, s.SetSignInPage(SignInPage(form))
}
