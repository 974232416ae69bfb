package login

import (
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/stepup"
)

const (
	// attemptPurpose names the cookie of an attempt and the version of its
	// layout.
	attemptPurpose = "login.v3"
	// attemptAge is how long a person may take at Okta.
	attemptAge = 15 * time.Minute
	// attemptKept is how long the browser keeps the cookie. After attemptAge it still
	// proves that the attempt was this browser's, which is enough to start again with
	// the same return path.
	attemptKept = 2 * time.Hour
	// maxAttempts and maxAttemptBytes bound the cookies that abandoned tabs leave in
	// the browser. Every request carries them, and servers in front of us refuse
	// headers of more than 8 or 16 kB. Fifty tabs may start at once, none of them with
	// the cookies of the others yet. So the cookies have maxAttempts names in all, and
	// hold maxKept bytes of a return path that the tab keeps too.
	maxAttempts     = 5
	maxAttemptBytes = 6 << 10
	maxKept         = 450
	// maxSeen bounds the work that a forged Cookie header can cause.
	maxSeen = 24
)

// A state is a marker, the slot that names the attempt's cookie, and random bits. Its
// characters are those that Okta allows: [A-Za-z0-9_-] (Okta: OpenID Connect & OAuth
// 2.0 API, /authorize).
const (
	// marks are the markers. The first is for an attempt that we never started again,
	// the second for one that we started again once, and so on.
	marks       = "frstuv"
	maxRestarts = len(marks) - 1
	slots       = "01234" // maxAttempts of them
	stateLength = 2 + 29
)

// attempt is one sign-in on its way: what the callback needs to know.
type attempt struct {
	state       string
	nonce       string
	verifier    string
	returnPath  string
	redirectURI string
	prompt      string
	// maxAge, in seconds, and acr are what the sign-in must be like; "" demands
	// nothing. user is the sub of the session that it is to confirm, "" when nobody
	// was signed in.
	maxAge, acr, user string
	// cut is not "" when returnPath is not all of the address. The tab keeps the rest.
	cut string
	// rounds is the loop guard's count at departure.
	rounds string
	// startedAt is the time of sealing.
	startedAt time.Time
}

// restarts is how often we started the attempt again because an earlier one failed.
func (a *attempt) restarts() int { return restarts(a.state) }

// restarts reads the marker of a well-formed state.
func restarts(state string) int { return strings.IndexByte(marks, state[0]) }

// sideBySide reports whether live, the browser's session, and s, the session of this
// attempt, come from one sign-in at the provider: another tab finished while this
// attempt was on its way. Then live stays. Replacing it would end it, and with it the
// requests that other tabs have under way.
func (a *attempt) sideBySide(live, s *session.Session) bool {
	return live != nil && a.prompt == "" && a.demand().IsZero() && !live.StartedAt.Before(a.startedAt) &&
		live.IsUser(s.Issuer, s.Subject) && live.AuthTime.Equal(s.AuthTime) &&
		live.AMR == s.AMR && live.ACR == s.ACR && live.IDP == s.IDP
}

// demand is what the sign-in must be like.
func (a *attempt) demand() stepup.Demand {
	seconds, err := strconv.ParseUint(a.maxAge, 10, 31)
	if err != nil {
		return stepup.Demand{}
	}
	return stepup.Demand{MaxAge: time.Duration(seconds) * time.Second, ACR: a.acr}
}

// setDemand stores what demand returns.
func (a *attempt) setDemand(d stepup.Demand) {
	if !d.IsZero() {
		a.maxAge, a.acr = strconv.FormatInt(int64(d.MaxAge/time.Second), 10), d.ACR
	}
}

func newState(restarts int, slot string) string {
	restarts = min(max(restarts, 0), maxRestarts)
	return marks[restarts:restarts+1] + slot + randomText(22)[:stateLength-2]
}

// slotOf reads the slot of a well-formed state.
func slotOf(state string) string { return state[1:2] }

// randomText returns n random bytes as base64url without padding.
func randomText(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// wellFormed reports whether state could be one of ours.
func wellFormed(state string) bool {
	if len(state) != stateLength || restarts(state) < 0 || !strings.Contains(slots, slotOf(state)) {
		return false
	}
	for i := range len(state) {
		c := state[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// attempts keeps attempts in the browser, one sealed cookie each.
type attempts struct {
	box      *seal.Box
	insecure bool
	prefix   string
	now      func() time.Time
}

func newAttempts(k *seal.Keyring, insecure bool, now func() time.Time) (*attempts, error) {
	// No maximum age, because take must distinguish an old attempt from a foreign one.
	box, err := k.Box(attemptPurpose, 0, now)
	if err != nil {
		return nil, err
	}
	return &attempts{box: box, insecure: insecure, prefix: seal.Name("login-", "/", insecure), now: now}, nil
}

func (as *attempts) cookie(slot string) *seal.Cookie {
	return seal.NewCookie(as.box, seal.Attributes{
		Short: "login-" + slot, Path: "/", Insecure: as.insecure, MaxAge: attemptKept,
	})
}

// keep gives the attempt its state and writes its cookie. Where there are too many, the
// oldest make room.
func (as *attempts) keep(w http.ResponseWriter, r *http.Request, a *attempt, restarts int) error {
	a.state = newState(restarts, as.makeRoom(w, r))
	c := as.cookie(slotOf(a.state))
	err := c.Write(w, a.encode())
	if errors.Is(err, seal.ErrTooLarge) {
		// A long return path under a long host name: signing in matters more.
		a.returnPath, a.cut = returnpath.Start, "1"
		err = c.Write(w, a.encode())
	}
	return err
}

// take returns the attempt that state belongs to and has the browser forget it,
// so that it serves once, however the callback ends.
func (as *attempts) take(w http.ResponseWriter, r *http.Request, state string) (*attempt, bool) {
	if !wellFormed(state) {
		return nil, false
	}
	c := as.cookie(slotOf(state))
	plain, at, err := c.ReadStamped(r)
	if err != nil {
		c.Clear(w, r)
		return nil, false
	}
	a, ok := decodeAttempt(plain)
	if !ok || subtle.ConstantTimeCompare([]byte(a.state), []byte(state)) != 1 {
		return nil, false
	}
	c.Clear(w, r)
	a.startedAt = at
	return a, true
}

// tooOld reports whether the person took too long at Okta.
func (as *attempts) tooOld(a *attempt) bool { return as.now().Sub(a.startedAt) > attemptAge }

// carried is the cookie of an attempt that a request brings along.
type carried struct {
	name string
	size int
	at   time.Time
}

// makeRoom returns a free slot for a new attempt, a random one so that attempts that
// start at once do not all take the same. Where there are too many attempts, or they are
// too large, it has the browser forget those that we cannot open and then the oldest.
func (as *attempts) makeRoom(w http.ResponseWriter, r *http.Request) string {
	all, size := as.carried(r)
	slices.SortStableFunc(all, func(a, b carried) int { return cmp.Compare(a.at.Unix(), b.at.Unix()) })
	crowded := len(all) >= maxAttempts || size > maxAttemptBytes
	for crowded && len(all) > 0 && (len(all) >= maxAttempts || size > maxAttemptBytes || all[0].at.IsZero()) {
		seal.Forget(w, all[0].name, "/", as.insecure)
		size -= all[0].size
		all = all[1:]
	}
	free := slots
	for _, one := range all {
		free = strings.Replace(free, strings.TrimPrefix(one.name, as.prefix), "", 1)
	}
	if free == "" {
		free = slots // a header with a name that comes twice
	}
	var random [1]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	i := int(random[0]) % len(free)
	return free[i : i+1]
}

// any reports whether the request carries the cookie of some attempt, which shows that
// the browser keeps them.
func (as *attempts) any(r *http.Request) bool {
	all, _ := as.carried(r)
	return slices.ContainsFunc(all, func(c carried) bool { return !c.at.IsZero() })
}

// carried lists the attempts whose cookies the request carries. Those that we did not
// seal have no time.
func (as *attempts) carried(r *http.Request) (all []carried, size int) {
	for _, line := range r.Header["Cookie"] {
		if !strings.Contains(line, as.prefix) {
			continue
		}
		for pair := range strings.SplitSeq(line, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			slot, ours := strings.CutPrefix(name, as.prefix)
			if !ours || len(all) >= maxSeen && (len(slot) != 1 || len(all) >= 2*maxSeen) {
				continue
			}
			var at time.Time // none where it is longer than any that we write, which is not worth a hash
			if len(value) <= maxAttemptBytes {
				_, at, _ = as.box.OpenStamped(value)
			}
			all = append(all, carried{name: name, size: len(value), at: at})
			size += len(value)
		}
	}
	return all, size
}

// encode writes the attempt as length-prefixed strings.
func (a *attempt) encode() []byte {
	b := make([]byte, 0, 256)
	for _, f := range a.fields() {
		b = append(binary.AppendUvarint(b, uint64(len(*f))), *f...)
	}
	return b
}

// decodeAttempt reads what encode wrote.
func decodeAttempt(b []byte) (*attempt, bool) {
	a := new(attempt)
	for _, f := range a.fields() {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > uint64(len(b[max(used, 0):])) {
			return nil, false
		}
		b = b[used:]
		*f = string(b[:n])
		b = b[n:]
	}
	return a, len(b) == 0 && len(a.state) == stateLength
}

// fields lists the strings in the order of the layout.
func (a *attempt) fields() [11]*string {
	return [...]*string{&a.state, &a.nonce, &a.verifier, &a.returnPath, &a.redirectURI, &a.prompt, &a.maxAge, &a.acr, &a.user, &a.cut, &a.rounds}
}
