package caddymodule

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// StepUp says how recent, and how strong, a sign-in must be before a passkey is
// added or deleted, and for some paths of the app. Users whose sign-in is older sign
// in again at Okta and come back. Clocks may differ by a minute.
type StepUp struct {
	// How long ago the sign-in may have been, `30s` to `24h`, where passkeys are
	// added or deleted. Default: `10m`.
	MaxAge caddy.Duration `json:"max_age,omitempty"`
	// The authentication context that the sign-in must have there, like Okta's `phr`
	// or `urn:okta:loa:2fa:any`. It is asked for as `acr_values`. Default: any.
	ACR string `json:"acr,omitempty"`
	// Lets passkeys be added and deleted however old the sign-in is.
	Off bool `json:"off,omitempty"`
	// Paths of the app that need a recent sign-in too. Default: none.
	Paths []StepUpPaths `json:"paths,omitempty"`
}

// StepUpPaths are paths of the app that need a recent sign-in.
type StepUpPaths struct {
	// Exact (`/admin`) or a prefix (`/admin/*`, which covers `/admin` too). Upper and
	// lower case are the same. If several match, the longest one counts.
	//
	// A request in a spelling that servers read differently must meet all rules: dot
	// segments, encoded slashes, `;` parameters, names that end in a dot or a space,
	// any of `:~*"<>|`, letters that are not ASCII. Colons, tildes and such letters
	// count as plain where the pattern itself has them.
	Paths []string `json:"paths,omitempty"`
	// How long ago the sign-in may have been, `30s` to `24h`. Required.
	MaxAge caddy.Duration `json:"max_age,omitempty"`
	// The authentication context that it must have. Default: any.
	ACR string `json:"acr,omitempty"`
}

const (
	defaultStepUp = 10 * time.Minute
	settingStepUp = "step_up"
	stepUpOff     = "off"
)

// parse reads one line; those with a path add to each other.
func (s *StepUp) parse(d *caddyfile.Dispenser) error {
	const want = "step_up takes a duration, paths and acr, like: step_up 5m /admin/* acr phr; or, for passkeys: step_up 10m, or step_up off"
	args := d.RemainingArgs()
	if len(args) == 0 {
		return d.Err(want)
	}
	rule, off, err := stepUpLine(args)
	switch {
	case err != nil:
		return d.Errf("%s; %s", err, want)
	case len(rule.Paths) > 0:
		s.Paths = append(s.Paths, rule)
	case s.Off || s.MaxAge != 0:
		return d.Err("step_up without a path is set twice; keep one")
	default:
		s.Off, s.MaxAge, s.ACR = off, rule.MaxAge, rule.ACR
	}
	return noBlock(d, settingStepUp)
}

// stepUpLine reads `<duration|off> [<path...>] [acr <value>]`.
func stepUpLine(args []string) (rule StepUpPaths, off bool, err error) {
	raw, args := args[0], args[1:]
	if i := slices.Index(args, "acr"); i >= 0 {
		if i != len(args)-2 {
			return rule, false, fmt.Errorf("acr takes one value and ends the line")
		}
		rule.ACR, args = args[i+1], args[:i]
	}
	for _, path := range args {
		if !strings.HasPrefix(path, "/") {
			return rule, false, fmt.Errorf("'%s' is not a path", path)
		}
	}
	rule.Paths = args
	if raw == stepUpOff || raw == "0" {
		if len(args) > 0 || rule.ACR != "" {
			return rule, false, fmt.Errorf("step_up %s takes nothing more", raw)
		}
		return rule, true, nil
	}
	age, err := caddy.ParseDuration(raw)
	if err != nil || age <= 0 {
		return rule, false, fmt.Errorf("'%s' is not a positive duration", raw)
	}
	rule.MaxAge = caddy.Duration(age)
	return rule, false, nil
}

// passkeys is what adding and deleting a passkey demands.
func (s *StepUp) passkeys() (stepup.Demand, error) {
	if s.Off {
		if s.MaxAge != 0 || s.ACR != "" {
			return stepup.Demand{}, fmt.Errorf("step_up off takes neither an age nor an acr")
		}
		return stepup.Demand{}, nil
	}
	d := stepup.Demand{MaxAge: time.Duration(orDefault(s.MaxAge, caddy.Duration(defaultStepUp))), ACR: s.ACR}
	return d, d.Check()
}

// resolve returns what passkeys demand, and the rules for the app's paths.
func (s *StepUp) resolve() (passkeys stepup.Demand, paths []gate.StepUpRule, err error) {
	passkeys, err = s.passkeys()
	return passkeys, s.rules(), err
}

func (s *StepUp) rules() []gate.StepUpRule {
	var rules []gate.StepUpRule
	for _, p := range s.Paths {
		rules = append(rules, gate.StepUpRule{Paths: p.Paths, Demand: stepup.Demand{MaxAge: time.Duration(p.MaxAge), ACR: p.ACR}})
	}
	return rules
}

// refuseStale answers a request that cannot go to sign in and come back.
func (p *Passkeys) refuseStale(w http.ResponseWriter, r *http.Request, d gate.Decision) error {
	return p.answer(w, r, d.StepUp.Problem(d.StepUp.LoginURL(p.base, originalURI(r))))
}
