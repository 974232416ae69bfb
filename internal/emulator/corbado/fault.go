package corbado

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is one way to go wrong on demand. There are two kinds.
//
// A transport fault is named <group>-<effect>. The group is backend, frontend,
// cdn, oidc, or path for all requests whose path starts with Path. The effect is
//
//	401, 429, 500   that status with Corbado's error body
//	503             a gateway's HTML page, as when the service behind it is gone
//	malformed       200 with JSON that ends in the middle
//	down            the connection is dropped without an answer; a client may
//	                repeat a request, unseen, when that happens on a connection it
//	                had kept, so leave Times at 0
//	hang            no answer until the client leaves or the fault is cleared
//	delay           the normal answer, Delay later
//
// Preflight requests and the controls never meet a transport fault.
//
// A behaviour fault is one of the constants named Fault…: Corbado answers, but
// says no, or something that it should not.
type Fault struct {
	// Name is one of [FaultNames].
	Name string
	// Times is how many requests meet the fault. 0: all, until it is cleared.
	Times int
	// Delay comes before the effect of a transport fault; the delay effect needs
	// it.
	Delay time.Duration
	// Path is the prefix that path faults apply to, such as /v2/connect/append/.
	Path string
}

// The behaviour faults of adding and managing passkeys.
const (
	// FaultAppendNotAllowed makes append/init answer appendAllowed=false, as a
	// gradual rollout does.
	FaultAppendNotAllowed = "append-not-allowed"
	// FaultAppendNoOptions makes append/start answer empty attestationOptions, as
	// Passkey Intelligence does for a device it does not trust. It spends the
	// token. An append that the user asked for (from the passkey list) is spared.
	FaultAppendNoOptions = "append-no-options"
	// FaultAppendAfterHybrid makes append/start answer variant after-hybrid.
	FaultAppendAfterHybrid = "append-after-hybrid"
	// FaultAppendAfterError makes append/start answer variant after-error.
	FaultAppendAfterError = "append-after-error"
	// FaultAppendFinishDenied makes append/finish refuse the passkey that the
	// device has made, as restricting credential managers does.
	FaultAppendFinishDenied = "append-finish-denied"
	// FaultCredentialExists makes append/start exclude every passkey that the
	// emulator knows, whoever owns it, so that a browser that holds any of them
	// answers InvalidStateError. The user's own passkeys are always excluded.
	FaultCredentialExists = "credential-exists" //nolint:gosec // G101: a name, not a credential
	// FaultTokenExpired makes a presented connect token count as expired.
	FaultTokenExpired = "token-expired"
	// FaultListTokenOnce makes a list token single-use, as Corbado's text (but
	// not its component) has it.
	FaultListTokenOnce = "list-token-once"
	// FaultListBadDates makes manage/list answer empty dates, which the published
	// component cannot draw.
	FaultListBadDates = "list-bad-dates"
	// FaultManageNotAllowed makes manage/init answer manageAllowed=false.
	FaultManageNotAllowed = "manage-not-allowed"
	// FaultProcessLost makes a process unknown, as after a change of project.
	FaultProcessLost = "process-lost"
	// FaultEventsFail makes the events call answer 500.
	FaultEventsFail = "events-fail"
)

// FaultCDNThrows makes the CDN's scripts throw as soon as they run.
const FaultCDNThrows = "cdn-throws"

var behaviours = slices.Concat(appendBehaviours, loginBehaviours)

var appendBehaviours = []string{
	FaultAppendNotAllowed, FaultAppendNoOptions, FaultAppendAfterHybrid, FaultAppendAfterError,
	FaultAppendFinishDenied, FaultCredentialExists, FaultTokenExpired, FaultListTokenOnce,
	FaultListBadDates, FaultManageNotAllowed, FaultProcessLost, FaultEventsFail, FaultCDNThrows,
}

const (
	groupBackend  = "backend"
	groupFrontend = "frontend"
	groupCDN      = "cdn"
	groupOIDC     = "oidc"
	groupPath     = "path"
)

const (
	effectDelay     = "delay"
	effectHang      = "hang"
	effectDown      = "down"
	effectMalformed = "malformed"
)

var effects = []string{"401", "429", "500", "503", effectMalformed, effectDown, effectHang, effectDelay}

// FaultNames lists every name that [Server.Fault] knows.
func FaultNames() []string {
	names := slices.Clone(behaviours)
	for _, group := range []string{groupBackend, groupFrontend, groupCDN, groupOIDC, groupPath} {
		for _, effect := range effects {
			names = append(names, group+"-"+effect)
		}
	}
	return names
}

func (f Fault) check() error {
	if !slices.Contains(FaultNames(), f.Name) {
		return fmt.Errorf("corbado: no fault named %q; GET /__emulator/faults lists the names", clip(f.Name))
	}
	if f.Times < 0 || f.Delay < 0 {
		return fmt.Errorf("corbado: fault %s: times and delay must not be negative", f.Name)
	}
	group, effect, _ := strings.Cut(f.Name, "-")
	if (group == groupPath) != strings.HasPrefix(f.Path, "/") || (group != groupPath && f.Path != "") {
		return fmt.Errorf("corbado: fault %s: path faults, and no others, take a path that starts with /", f.Name)
	}
	if effect == effectDelay && f.Delay == 0 {
		return fmt.Errorf("corbado: fault %s needs a delay", f.Name)
	}
	if f.Delay > 0 && slices.Contains(behaviours, f.Name) {
		return fmt.Errorf("corbado: fault %s takes no delay; use a delay fault beside it", f.Name)
	}
	return nil
}

// faults are the faults now set.
type faults struct {
	mu      sync.Mutex
	set     []Fault
	release chan struct{} // closed by clear; made when first needed
}

// add sets f, in place of a fault with the same name and path.
func (fs *faults) add(f Fault) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.set = slices.DeleteFunc(fs.set, func(old Fault) bool {
		return old.Name == f.Name && old.Path == f.Path
	})
	fs.set = append(fs.set, f)
}

func (fs *faults) clear() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.set = nil
	if fs.release != nil {
		close(fs.release)
		fs.release = nil
	}
}

// cleared returns a channel that the next clear closes.
func (fs *faults) cleared() <-chan struct{} {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.release == nil {
		fs.release = make(chan struct{})
	}
	return fs.release
}

func (fs *faults) list() []Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return slices.Clone(fs.set)
}

// take says whether the behaviour fault name is set, and counts it as met.
func (fs *faults) take(name string) bool {
	return len(fs.takeAll(func(f Fault) bool { return f.Name == name })) > 0
}

// transport returns the transport faults that a request in group, for path,
// meets: delays, then at most one fault that ends the request.
func (fs *faults) transport(group, path string) []Fault {
	ended := false
	return fs.takeAll(func(f Fault) bool {
		g, effect, _ := strings.Cut(f.Name, "-")
		applies := slices.Contains(effects, effect) &&
			(g == group || g == groupPath && strings.HasPrefix(path, f.Path))
		if !applies || ended {
			return false
		}
		ended = effect != effectDelay
		return true
	})
}

func (fs *faults) takeAll(applies func(Fault) bool) []Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	var met, left []Fault
	for _, f := range fs.set {
		used := applies(f)
		if used {
			met = append(met, f)
			f.Times--
		}
		if !used || f.Times != 0 { // below zero is a fault without a count
			f.Times = max(f.Times, 0)
			left = append(left, f)
		}
	}
	fs.set = left
	return met
}

// Fault sets f. It fails for an unknown name and for fields that do not fit it.
func (s *Server) Fault(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	s.faults.add(f)
	return nil
}

// ClearFaults clears every fault and lets hanging requests go.
func (s *Server) ClearFaults() { s.faults.clear() }

// Faults lists the faults now set; Times counts down.
func (s *Server) Faults() []Fault { return s.faults.list() }
