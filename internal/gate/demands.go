package gate

import (
	"slices"

	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

// Demands returns every demand that a Decision may hold by these rules, none of them zero: those
// of single rules, what rules for the same path demand together, and what a path in
// an unusual spelling does. The route that starts a sign-in knows them by this list.
func Demands(configured []StepUpRule) ([]stepup.Demand, error) {
	s, err := newStepUps(configured)
	if err != nil {
		return nil, err
	}
	var all []stepup.Demand
	add := func(d stepup.Demand) {
		if !d.IsZero() && !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	for _, at := range s.rules {
		// Rules that hold for one request are those for the very same path: of two
		// lengths, the longer holds. Below a prefix the exact ones do not.
		var here, below stepup.Demand
		for _, rule := range s.rules {
			if rule.path != at.path {
				continue
			}
			if here = here.Stricter(rule.demand); rule.prefix {
				below = below.Stricter(rule.demand)
			}
		}
		add(here)
		add(below)
	}
	add(s.all)
	return all, nil
}
