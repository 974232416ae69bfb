package okta

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"sync"
	"time"
)

// transactionAge is how long a sign-in page stays usable.
const transactionAge = time.Hour

// step is where a sign-in stands.
type step int

const (
	stepIdentify step = iota // asks for the user name
	stepPassword             // asks for the password
	stepDone                 // authenticated; /login/token/redirect finishes it
)

func (s step) String() string { return [...]string{"identify", "password", "done"}[s] }

// transaction is one sign-in from /authorize to the code, kept by its state
// token. Every way to sign in (form, IDX calls, /sso/idps)
// works on it.
type transaction struct {
	stateToken string
	device     string
	request    *authorizeRequest
	// restart is the path and query that starts the same sign-in again.
	restart    string
	step       step
	identifier string
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

// transactionStore holds the sign-ins in progress. Values go in and out as
// copies. Expired ones stay for another day, so that their page can offer a
// restart.
type transactionStore struct {
	now  func() time.Time
	mu   sync.Mutex
	byID map[string]transaction
}

func newTransactionStore(now func() time.Time) *transactionStore {
	return &transactionStore{now: now, byID: map[string]transaction{}}
}

func (st *transactionStore) start(t transaction) transaction {
	t.stateToken = "02.id." + randomToken()
	st.mu.Lock()
	defer st.mu.Unlock()
	t.created = st.now()
	for id, old := range st.byID {
		if t.created.Sub(old.created) > 24*time.Hour {
			delete(st.byID, id)
		}
	}
	st.byID[t.stateToken] = t
	return t
}

// get returns a transaction for the browser that started it.
func (st *transactionStore) get(stateToken, device string) (t transaction, expired, ok bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	t, ok = st.byID[stateToken]
	if !ok || subtle.ConstantTimeCompare([]byte(t.device), []byte(device)) != 1 {
		return transaction{}, false, false
	}
	return t, st.now().Sub(t.created) >= transactionAge, true
}

// change edits a transaction if it is still there.
func (st *transactionStore) change(stateToken string, change func(*transaction)) {
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
func (st *transactionStore) latest(device string) (transaction, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	var newest transaction
	for _, t := range st.byID {
		if device != "" && t.device == device && t.created.After(newest.created) {
			newest = t
		}
	}
	return newest, newest.stateToken != ""
}

// transaction finds the sign-in that a request belongs to, or answers with
// Okta's page for an expired session.
func (s *Server) transaction(w http.ResponseWriter, r *http.Request, stateToken string) (transaction, bool) {
	t, expired, ok := s.transactions.get(stateToken, deviceOf(r))
	if ok && !expired {
		return t, true
	}
	p := page{
		Title:   "Session expired",
		Message: textSessionExpired,
	}
	if ok {
		p.LinkHref, p.LinkText = t.restart, "Back to sign in"
	}
	s.events.add(Event{Name: EventRequestRefused, Detail: "The sign-in session has expired or belongs to another browser."})
	s.render(w, http.StatusBadRequest, "error", p)
	return transaction{}, false
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
		if st.now().Sub(t.created) < transactionAge {
			list = append(list, pendingSignIn{t.request.client.ID, t.request.issuer.url, t.step.String(), t.created})
		}
	}
	slices.SortFunc(list, func(a, b pendingSignIn) int { return a.Created.Compare(b.Created) })
	return list
}
