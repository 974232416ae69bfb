package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// journeyPatience bounds the whole check.
const journeyPatience = 2 * time.Minute

// errOutside is why a step is left out: the emulators' faults answer the demo's
// own machine only, and its whole log is its own.
var errOutside = errors.New("only the demo's own process can do that")

// step is one thing that the check does. What it saw is one line.
type step struct {
	name string
	play func(context.Context, *journey) (saw string, err error)
}

// journey is what the steps share.
type journey struct {
	place   place
	witness *witness
	// outside tells that the demo is another process, maybe in a container.
	outside bool
	// alice and bob are their browsers.
	alice, bob *browser
	// device is alice's.
	device *authenticator
	// page is what alice's, then bob's, browser shows.
	page *answer
	// corbado is the component in the page.
	corbado component
	// offered is the page on which bob is offered a passkey.
	offered component
	// passkey is the id of alice's passkey at Corbado, credential the device's.
	passkey, credential string
	// signed is what Corbado signed for Okta when alice used it.
	signed string
}

// check plays the journey and prints a line for each step.
func check(ctx context.Context, o options, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, journeyPatience)
	defer cancel()
	w := &witness{}
	var events bytes.Buffer
	told := newJournal(io.MultiWriter(&events, w))
	told.quiet = false
	p, err := start(ctx, o, told, w)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := p.place.await(ctx); err != nil {
		return err
	}
	j, err := newJourney(p.place, w)
	if err != nil {
		return err
	}
	w.keep("client secret", p.secrets.client)
	w.keep("API secret", p.secrets.api)
	if err := j.play(ctx, out); err != nil {
		p.stop() // nothing more is told after that
		fmt.Fprintf(out, "What happened until then:\n%s", events.String())
		return err
	}
	return nil
}

// checkAgainst plays the same against a demo that runs already, but for what
// only its own process can do, and says what that is.
func checkAgainst(ctx context.Context, app string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, journeyPatience)
	defer cancel()
	at, err := placeOf(app)
	if err != nil {
		return err
	}
	if err := at.await(ctx); err != nil {
		return err
	}
	j, err := newJourney(at, &witness{})
	if err != nil {
		return err
	}
	j.outside = true
	return j.play(ctx, out)
}

func newJourney(at place, w *witness) (*journey, error) {
	j := &journey{place: at, witness: w, device: newAuthenticator(at.App)}
	var err error
	if j.alice, err = newBrowser(w); err != nil {
		return nil, err
	}
	j.bob, err = newBrowser(w)
	return j, err
}

func (j *journey) play(ctx context.Context, out io.Writer) error {
	steps, left := allSteps(), 0
	fmt.Fprintf(out, "checking %s\n", j.place.App)
	for i, s := range steps {
		saw, err := s.play(ctx, j)
		if errors.Is(err, errOutside) {
			left++
			fmt.Fprintf(out, "%2d  left out: %s; %v\n", i+1, s.name, err)
			continue
		}
		if err != nil {
			fmt.Fprintf(out, "%2d  FAILED  %s: %v\n", i+1, s.name, err)
			return fmt.Errorf("step %d failed: %s", i+1, s.name)
		}
		fmt.Fprintf(out, "%2d  %s\n", i+1, saw)
	}
	fmt.Fprintf(out, "passed: %d steps", len(steps)-left)
	if left > 0 {
		fmt.Fprintf(out, ", %d left out", left)
	}
	fmt.Fprintln(out)
	return nil
}

func allSteps() []step {
	return []step{
		{"Okta is down before anybody has signed in", oktaDownAtFirst},
		{"the app sends a stranger to Okta", redirectToOkta},
		{"a wrong password", wrongPassword},
		{"sign-in leads to the offer of a passkey", signIn},
		{"the page of the offer", appendPage},
		{"adding a passkey", addPasskey},
		{"the result of the offer", reportResult},
		{"what the app gets", identityHeaders},
		{"forged identity headers", forgedHeaders},
		{"the list shows the passkey", listPasskeys},
		{"adding it again is refused", addAgain},
		{"another user", anotherUser},
		{"a user who skips the offer is left alone", skipIsRemembered},
		{"Okta's page after sign-out", oktaPage},
		{"sign-in with the passkey alone", passkeySignIn},
		{"how the user signed in", passkeyMark},
		{"a signed proof that was used before", replayedHint},
		{"deleting the passkey", deletePasskey},
		{"a script without a session", scriptWithoutSession},
		{"connect tokens are refused", connectTokenRefusals},
		{"Corbado is down", corbadoDown},
		{"Okta is down", oktaDown},
		{"sign-out", signOut},
		{"the logs hold no secret", noSecretInLogs},
	}
}
