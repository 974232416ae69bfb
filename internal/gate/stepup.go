package gate

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// StepUpRule demands a recent or strong sign-in for some paths of the app.
type StepUpRule struct {
	// Paths are exact, or a prefix ending in "/*". A prefix covers the path
	// without its slash too, and letters' case does not count.
	Paths []string
	stepup.Demand
}

// stepUps are the paths of the app that demand more than a session.
type stepUps struct {
	rules []stepUpPath
	// all is what every rule demands together.
	all stepup.Demand
}

type stepUpPath struct {
	text   string // as it was configured
	path   string // in small letters, a prefix with its trailing slash
	prefix bool
	demand stepup.Demand
}

func newStepUps(rules []StepUpRule) (stepUps, error) {
	var s stepUps
	for _, rule := range rules {
		if err := rule.Check(); err != nil {
			return s, err
		}
		if rule.IsZero() || len(rule.Paths) == 0 {
			return s, fmt.Errorf("step_up %s for %q demands nothing", rule.MaxAge, rule.Paths)
		}
		s.all = s.all.Stricter(rule.Demand)
		for _, text := range rule.Paths {
			pattern, err := parsePattern(text)
			if err != nil {
				return s, fmt.Errorf("step_up %w", err)
			}
			s.rules = append(s.rules, stepUpPath{text: text, path: foldCase(pattern.path), prefix: pattern.prefix, demand: rule.Demand})
		}
	}
	return s, nil
}

// check refuses rules for paths that others look after.
func (s stepUps) check(base string, public publicPaths) error {
	for _, rule := range s.rules {
		pattern, err := parsePattern(rule.text)
		switch path := pattern.path; {
		case err != nil:
			return err
		case path == base || strings.HasPrefix(path, base+"/"):
			return fmt.Errorf("step_up path %q is one of our own routes under %s, which look after themselves", rule.text, base)
		case public.covers(path):
			return fmt.Errorf("step_up path %q is public; a path that needs no session cannot need a fresh one (case does not count)", rule.text)
		}
	}
	return nil
}

// demand returns what a path demands: what its longest rule says, and of rules of
// the same length the strictest. Unlike a public path, a path need not be plain to
// match: in a spelling that servers read differently it may be any of the app's,
// so it counts as all of those that have a rule.
func (s stepUps) demand(u *url.URL) stepup.Demand {
	if len(s.rules) == 0 {
		return stepup.Demand{}
	}
	own, ok := plain(u)
	folded := foldCase(u.Path)
	if own > 0 { // folding may change lengths
		own, ok = plain(&url.URL{Path: folded})
	}
	if !ok {
		return s.all
	}
	var (
		found  stepup.Demand
		length int
	)
	for _, rule := range s.rules {
		if !rule.matches(folded) || len(rule.path) < length {
			continue
		}
		if len(rule.path) > length {
			found, length = stepup.Demand{}, len(rule.path)
		}
		found = found.Stricter(rule.demand)
	}
	if own > length {
		return s.all
	}
	return found
}

// matches errs on the side of the rule: many apps serve /admin and /admin/ alike.
func (p stepUpPath) matches(folded string) bool {
	if p.prefix && strings.HasPrefix(folded, p.path) {
		return true
	}
	return strings.TrimSuffix(folded, "/") == strings.TrimSuffix(p.path, "/")
}
