package org

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Names of the faults. Each stays until it has fired Times times or is cleared.
const (
	// FaultDown makes every endpoint answer 503 (or Status).
	FaultDown = "down"
	// An endpoint answers Status (default 500). With 429 the answer has Okta's
	// body and X-Rate-Limit headers.
	FaultFailDiscovery = "fail_discovery"
	FaultFailKeys      = "fail_keys"
	FaultFailAuthorize = "fail_authorize"
	FaultFailToken     = "fail_token"
	FaultFailUserinfo  = "fail_userinfo"
	FaultFailLogout    = "fail_logout"
	FaultFailRevoke    = "fail_revoke"
	// An endpoint answers as usual after Delay (default 2 s).
	FaultSlowDiscovery = "slow_discovery"
	FaultSlowKeys      = "slow_keys"
	FaultSlowAuthorize = "slow_authorize"
	FaultSlowToken     = "slow_token"
	FaultSlowUserinfo  = "slow_userinfo"
	FaultSlowLogout    = "slow_logout"
	FaultSlowRevoke    = "slow_revoke"

	FaultDiscoveryWrongIssuer = "discovery_wrong_issuer"
	FaultDiscoveryNoLogout    = "discovery_no_logout"
	FaultDiscoveryGarbage     = "discovery_garbage"

	// FaultAuthorizeError sends Error and ErrorDescription (default
	// server_error) to the redirect URI of the next valid /authorize.
	FaultAuthorizeError = "authorize_error"
	// What the callback carries.
	FaultCallbackWrongState = "callback_wrong_state"
	FaultCallbackNoState    = "callback_no_state"
	FaultCallbackNoCode     = "callback_no_code"
	// FaultCallbackWrongIssuer adds an iss parameter of another issuer (RFC 9207).
	FaultCallbackWrongIssuer = "callback_wrong_issuer"

	// What the token endpoint answers.
	FaultTokenGarbage    = "token_garbage"
	FaultMissingIDToken  = "missing_id_token"
	FaultWrongNonce      = "wrong_nonce"
	FaultMissingNonce    = "missing_nonce"
	FaultWrongIssuer     = "wrong_issuer"
	FaultWrongAudience   = "wrong_audience"
	FaultTwoAudiences    = "two_audiences" // aud [client, other] with azp other
	FaultWrongSubject    = "wrong_subject" // another sub than userinfo's
	FaultWrongAtHash     = "wrong_at_hash"
	FaultExpiredIDToken  = "expired_id_token"
	FaultFutureIDToken   = "future_id_token" // iat an hour ahead
	FaultOldAuthTime     = "old_auth_time"   // auth_time a day back
	FaultMissingAuthTime = "missing_auth_time"
	FaultWrongKid        = "wrong_kid"     // right key, unknown kid
	FaultBadSignature    = "bad_signature" // right kid, another key
	FaultAlgNone         = "alg_none"
	FaultAlgHS256        = "alg_hs256" // HMAC with the public key as its secret
	FaultThinIDToken     = "thin_id_token"
	// FaultMissingEmail leaves email and email_verified out of the ID token and userinfo.
	FaultMissingEmail = "missing_email"
	// FaultManyGroups fills the groups claim up to 150 names.
	FaultManyGroups = "many_groups"

	FaultUserinfoOtherSub = "userinfo_other_sub"
	FaultUserinfoGarbage  = "userinfo_garbage"

	// The way over an identity provider: /sso/idps/{id}, the callback, the IDX
	// calls and the widget's files.
	FaultFailSSO         = "fail_sso"
	FaultFailIDPCallback = "fail_idp_callback"
	FaultFailIDX         = "fail_idx"
	FaultFailWidget      = "fail_widget"
	FaultSlowSSO         = "slow_sso"
	FaultSlowIDPCallback = "slow_idp_callback"
	FaultSlowIDX         = "slow_idx"
	FaultSlowWidget      = "slow_widget"
	// FaultIDPFailure fails the next federated sign-in at the callback.
	FaultIDPFailure = "idp_failure"
	// FaultIDXExpired answers an IDX call as if the sign-in had expired.
	FaultIDXExpired = "idx_session_expired"
	// FaultDropLoginHint does not pass login_hint on to the identity provider.
	FaultDropLoginHint = "drop_login_hint"
)

// FaultNames lists every fault, in the order of the documentation.
func FaultNames() []string {
	return []string{
		FaultDown,
		FaultFailDiscovery, FaultFailKeys, FaultFailAuthorize, FaultFailToken, FaultFailUserinfo, FaultFailLogout, FaultFailRevoke,
		FaultSlowDiscovery, FaultSlowKeys, FaultSlowAuthorize, FaultSlowToken, FaultSlowUserinfo, FaultSlowLogout, FaultSlowRevoke,
		FaultDiscoveryWrongIssuer, FaultDiscoveryNoLogout, FaultDiscoveryGarbage,
		FaultAuthorizeError, FaultCallbackWrongState, FaultCallbackNoState, FaultCallbackNoCode, FaultCallbackWrongIssuer,
		FaultTokenGarbage, FaultMissingIDToken, FaultWrongNonce, FaultMissingNonce, FaultWrongIssuer, FaultWrongAudience,
		FaultTwoAudiences, FaultWrongSubject, FaultWrongAtHash, FaultExpiredIDToken, FaultFutureIDToken,
		FaultOldAuthTime, FaultMissingAuthTime, FaultWrongKid, FaultBadSignature, FaultAlgNone, FaultAlgHS256,
		FaultThinIDToken, FaultMissingEmail, FaultManyGroups,
		FaultUserinfoOtherSub, FaultUserinfoGarbage,
		FaultFailSSO, FaultFailIDPCallback, FaultFailIDX, FaultFailWidget,
		FaultSlowSSO, FaultSlowIDPCallback, FaultSlowIDX, FaultSlowWidget,
		FaultIDPFailure, FaultIDXExpired, FaultDropLoginHint,
	}
}

// Fault is one thing that goes wrong on purpose.
type Fault struct {
	Name string
	// Times is how often it fires; 0 means until it is cleared.
	Times int
	// Delay comes before the answer: real time, not the emulator's clock.
	Delay time.Duration
	// Status is the HTTP status of down and fail_*, 400 to 599.
	Status int
	// Error and ErrorDescription are for authorize_error.
	Error            string
	ErrorDescription string
}

func (f Fault) check() error {
	if !slices.Contains(FaultNames(), f.Name) {
		return fmt.Errorf("okta emulator: unknown fault %q; known: %s", f.Name, strings.Join(FaultNames(), ", "))
	}
	if f.Times < 0 || f.Delay < 0 {
		return errors.New("okta emulator: times and delay must not be negative")
	}
	if f.Status != 0 && (f.Status < 400 || f.Status > 599) {
		return errors.New("okta emulator: status must be 400 to 599")
	}
	return nil
}

// faultSet holds the faults that are on, by name.
type faultSet struct {
	mu sync.Mutex
	on map[string]Fault
}

func newFaultSet() *faultSet { return &faultSet{on: map[string]Fault{}} }

// take uses a fault up once and returns it.
func (f *faultSet) take(name string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fault, on := f.on[name]
	if !on {
		return Fault{}, false
	}
	switch fault.Times {
	case 0:
	case 1:
		delete(f.on, name)
	default:
		left := fault
		left.Times--
		f.on[name] = left
	}
	return fault, true
}

// Fault switches a fault on, in place of one with the same name. The error
// names what is wrong with it.
func (o *Org) Fault(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	o.faults.mu.Lock()
	o.faults.on[f.Name] = f
	o.faults.mu.Unlock()
	o.Note(Event{Name: EventFaultSet, Detail: f.Name})
	return nil
}

// Faults lists the faults that are on, by name.
func (o *Org) Faults() []Fault {
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	list := make([]Fault, 0, len(o.faults.on))
	for _, f := range o.faults.on {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b Fault) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// ClearFaults switches the named faults off, or all when none is named.
func (o *Org) ClearFaults(names ...string) {
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	if len(names) == 0 {
		clear(o.faults.on)
	}
	for _, name := range names {
		delete(o.faults.on, name)
	}
}

// Fires reports whether the named fault fires now, and uses it up once.
func (o *Org) Fires(name string) bool {
	_, on := o.Take(name)
	return on
}

// Take is Fires for those who need to know more of the fault.
func (o *Org) Take(name string) (Fault, bool) {
	f, on := o.faults.take(name)
	if on {
		o.Note(Event{Name: EventFaultFired, Detail: name})
	}
	return f, on
}

// Guarded puts the faults of an endpoint in front of its handler.
func (o *Org) Guarded(endpoint string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if f, on := o.Take("slow_" + endpoint); on {
			if f.Delay == 0 {
				f.Delay = 2 * time.Second
			}
			if !pause(r, f.Delay) {
				return
			}
		}
		if f, on := o.Take("fail_" + endpoint); on {
			o.Fail(w, r, f, http.StatusInternalServerError)
			return
		}
		next(w, r)
	}
}

// Fail answers a fault with Okta's error object.
func (o *Org) Fail(w http.ResponseWriter, r *http.Request, f Fault, status int) {
	if !pause(r, f.Delay) {
		return
	}
	if f.Status != 0 {
		status = f.Status
	}
	code, summary := "E0000009", "Internal Server Error"
	switch status {
	case http.StatusTooManyRequests:
		code, summary = "E0000047", "API call exceeded rate limit due to too many requests."
		h := w.Header()
		h.Set("X-Rate-Limit-Limit", "60")
		h.Set("X-Rate-Limit-Remaining", "0")
		h.Set("X-Rate-Limit-Reset", strconv.FormatInt(o.Now().Add(time.Minute).Unix(), 10))
	case http.StatusServiceUnavailable:
		code, summary = "E0000010", "Service is in read only mode"
	}
	w.Header().Set("Cache-Control", "no-cache, no-store")
	WriteJSON(w, status, map[string]any{
		"errorCode": code, "errorSummary": summary, "errorLink": code, "errorId": NewID("oae"), "errorCauses": []string{},
	})
}

// pause waits and reports whether the client is still there. It reads the body
// first: net/http notices a client that goes away only after that.
func pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
