package oktasetup

import (
	"fmt"
	"strings"
)

// StepError says where a set-up stopped.
type StepError struct {
	Step    string
	Err     error
	Done    []string // steps that were finished
	Left    []string // steps that were not begun
	Changed int      // calls that changed something
	// Doubt tells that the call that failed may have taken effect: it got no
	// answer, or one of the 500s.
	Doubt bool
}

func (e *StepError) Unwrap() error { return e.Err }

// Error names the step, the cause and what became of the others.
func (e *StepError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "step %q: %v", e.Step, e.Err)
	switch {
	case e.Doubt:
		fmt.Fprintf(&b, "\nWhether that call took effect is not known. Changes before it: %d.", e.Changed)
	case e.Changed == 0:
		b.WriteString("\nNothing was changed.")
	default:
		fmt.Fprintf(&b, "\nChanges before it stopped: %d.", e.Changed)
	}
	if len(e.Done) > 0 {
		b.WriteString(" Finished: " + strings.Join(e.Done, ", ") + ".")
	}
	if len(e.Left) > 0 {
		b.WriteString(" Not begun: " + strings.Join(e.Left, ", ") + ".")
	}
	b.WriteString(" It is safe to run it again.")
	return b.String()
}
