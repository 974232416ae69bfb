package signin

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/authserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/page"
)

// Age is how long a sign-in page stays usable.
const Age = time.Hour

// step is where a sign-in stands.
type step int

const (
	stepIdentify step = iota // asks for the user name
	stepPassword             // asks for the password
	stepDone                 // authenticated; /login/token/redirect finishes it
)

func (s step) String() string { return [...]string{"identify", "password", "done"}[s] }

// Transaction is one sign-in from /authorize to the code, kept by its state token.
// Every way to sign in (form, IDX calls, /sso/idps) works on it.
type Transaction struct {
	// StateToken names it, in addresses too.
	StateToken string
	Request    *authserver.Request
	// Restart is the path and query that starts the same sign-in again.
	Restart string
	// Identifier is the user name that was typed, or that came along.
	Identifier string

	device string
	step   step
	// message is Okta's error text, shown above the form.
	message string
	// messageKey is the same as an i18n key of the widget.
	messageKey string
	// fieldMessage is shown at the input.
	fieldMessage string
	// sessionID is the SSO session once the step is stepDone.
	sessionID string
	created   time.Time
}

// Device is the device cookie of the browser that started it.
func (t *Transaction) Device() string { return t.device }

// Done reports whether the user has signed in; TokenRedirect leads on then.
func (t *Transaction) Done() bool { return t.step == stepDone }

// transactionStore holds the sign-ins in progress. Values go in and out as
// copies. Expired ones stay for another day, so that their page can offer a
// restart.
type transactionStore struct {
	now  func() time.Time
	mu   sync.Mutex
	byID map[string]Transaction
}

func newTransactionStore(now func() time.Time) *transactionStore {
	return &transactionStore{now: now, byID: map[string]Transaction{}}
}

func (st *transactionStore) start(t Transaction) Transaction {
	t.StateToken = "02.id." + org.RandomToken()
	st.mu.Lock()
	defer st.mu.Unlock()
	t.created = st.now()
	for id, old := range st.byID {
		if t.created.Sub(old.created) > 24*time.Hour {
			delete(st.byID, id)
		}
	}
	st.byID[t.StateToken] = t
	return t
}

// get returns a transaction for the browser that started it.
func (st *transactionStore) get(stateToken, device string) (t Transaction, expired, ok bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	t, ok = st.byID[stateToken]
	if !ok || subtle.ConstantTimeCompare([]byte(t.device), []byte(device)) != 1 {
		return Transaction{}, false, false
	}
	return t, st.now().Sub(t.created) >= Age, true
}

// change edits a transaction if it is still there.
func (st *transactionStore) change(stateToken string, change func(*Transaction)) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if t, ok := st.byID[stateToken]; ok {
		change(&t)
		st.byID[stateToken] = t
	}
}

// take removes a transaction and reports whether it was there: only one of two
// parallel requests finishes it.
func (st *transactionStore) take(stateToken string) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	_, ok := st.byID[stateToken]
	delete(st.byID, stateToken)
	return ok
}

// latest returns the newest sign-in of a browser, expired or not.
func (st *transactionStore) latest(device string) (Transaction, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	var newest Transaction
	for _, t := range st.byID {
		if device != "" && t.device == device && t.created.After(newest.created) {
			newest = t
		}
	}
	return newest, newest.StateToken != ""
}

// Find returns the sign-in that a request belongs to, or answers with
// Okta's page for an expired session.
func (s *SignIn) Find(w http.ResponseWriter, r *http.Request, stateToken string) (Transaction, bool) {
	t, expired, ok := s.transactions.get(stateToken, org.DeviceOf(r))
	if ok && !expired {
		return t, true
	}
	p := page.Page{
		Title:   "Session expired",
		Message: textSessionExpired,
	}
	if ok {
		p.LinkHref, p.LinkText = t.Restart, "Back to sign in"
	}
	s.org.Note(org.Event{Name: org.EventRequestRefused, Detail: "The sign-in session has expired or belongs to another browser."})
	s.pages.Render(w, http.StatusBadRequest, "error", p)
	return Transaction{}, false
}

// pendingSignIn is a sign-in in progress as the controls show it, without its
// state token.
type pendingSignIn struct {
	Client  string    `json:"client"`
	Issuer  string    `json:"issuer"`
	Step    string    `json:"step"`
	Created time.Time `json:"created"`
}

func (st *transactionStore) list() []pendingSignIn {
	st.mu.Lock()
	defer st.mu.Unlock()
	list := []pendingSignIn{}
	for _, t := range st.byID {
		if st.now().Sub(t.created) < Age {
			list = append(list, pendingSignIn{t.Request.Client.ID, t.Request.Issuer.URL, t.step.String(), t.created})
		}
	}
	slices.SortFunc(list, func(a, b pendingSignIn) int { return a.Created.Compare(b.Created) })
	return list
}
