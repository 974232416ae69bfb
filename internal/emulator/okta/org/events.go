package org

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Names of the events in the emulator's log.
const (
	EventDiscoveryServed = "discovery_served"
	EventKeysServed      = "keys_served"
	// EventRequestRefused is a 400 page: nothing went back to the app.
	EventRequestRefused = "request_refused"
	// EventAuthorizeRefused is an error that went to the redirect URI.
	EventAuthorizeRefused = "authorize_refused"
	// EventSignInPageShown is a form, not a silent sign-in.
	EventSignInPageShown = "sign_in_page_shown"
	// EventSignInFailed is a wrong password, or an unknown or disabled user.
	EventSignInFailed = "sign_in_failed"
	EventSignedIn     = "signed_in"
	// EventFederationStarted is a browser on its way to an identity provider,
	// EventFederated a sign-in there and EventFederationFailed one that failed,
	// with the reason that the page keeps back.
	EventFederationStarted = "federation_started"
	EventFederated         = "federated"
	EventFederationFailed  = "federation_failed"
	// EventSessionReused is single sign-on.
	EventSessionReused = "session_reused"
	EventCodeIssued    = "code_issued"
	// EventTokenIssued and EventTokenRefused are answers of the token endpoint.
	EventTokenIssued  = "token_issued"
	EventTokenRefused = "token_refused"
	// EventRefreshReuseDetected is Okta's app.oauth2.as.token.detect_reuse.
	EventRefreshReuseDetected = "refresh_reuse_detected"
	EventUserinfoServed       = "userinfo_served"
	EventUserinfoRefused      = "userinfo_refused"
	EventTokenRevoked         = "token_revoked"
	// EventSignedOut is an accepted call of the logout endpoint.
	EventSignedOut = "signed_out"
	// EventSessionsEnded and the rest come from the controls.
	EventSessionsEnded  = "sessions_ended"
	EventFaultSet       = "fault_set"
	EventFaultFired     = "fault_fired"
	EventKeysRotated    = "keys_rotated"
	EventClockAdvanced  = "clock_advanced"
	EventUserChanged    = "user_changed"
	EventControlRefused = "control_refused"
	EventInternalError  = "internal_error"
)

// Events of what the org sends to apps.
const (
	EventFrontchannelLogout = "frontchannel_logout"
	EventUniversalLogout    = "universal_logout"
	EventLogoutToken        = "logout_token_sent" //nolint:gosec // G101: the name of an event
)

// eventLogSize is how many events are kept.
const eventLogSize = 1000

// Event is one thing that happened. It never holds a password, code, token,
// state, nonce, cookie or login hint.
type Event struct {
	// Seq counts from 1 and has no gaps.
	Seq  uint64    `json:"seq"`
	Time time.Time `json:"time"`
	Name string    `json:"name"`
	// Client is the client id, User the user id (00u…), both empty where unknown.
	Client string `json:"client,omitempty"`
	User   string `json:"user,omitempty"`
	Issuer string `json:"issuer,omitempty"`
	// Provider is the id of an identity provider (0oa…).
	Provider string `json:"provider,omitempty"`
	// Code is the OAuth error code of a refusal.
	Code string `json:"code,omitempty"`
	// Detail is plain text: the error's description, a fault's or grant's name.
	Detail string `json:"detail,omitempty"`
}

// eventLog is a ring of the latest events with subscribers.
type eventLog struct {
	now  func() time.Time
	log  *slog.Logger
	mu   sync.Mutex
	seq  uint64
	ring []Event
	subs map[chan Event]struct{}
	// grown is closed and replaced at each event, for AwaitEvent.
	grown chan struct{}
}

func newEventLog(now func() time.Time, log *slog.Logger) *eventLog {
	return &eventLog{now: now, log: log, subs: map[chan Event]struct{}{}, grown: make(chan struct{})}
}

func (l *eventLog) add(e Event) {
	e.Time = l.now()
	l.mu.Lock()
	l.seq++
	e.Seq = l.seq
	l.ring = append(l.ring, e)
	if len(l.ring) > eventLogSize {
		l.ring = slices.Delete(l.ring, 0, len(l.ring)-eventLogSize)
	}
	for ch := range l.subs {
		select {
		case ch <- e:
		default: // a reader that does not keep up loses events, never blocks a request
		}
	}
	close(l.grown)
	l.grown = make(chan struct{})
	l.mu.Unlock()

	l.write(e)
}

// write logs an event without the fields that are empty.
func (l *eventLog) write(e Event) {
	args := []any{"event", e.Name}
	for _, field := range [][2]string{
		{"client", e.Client}, {"user", e.User}, {"issuer", e.Issuer}, {"provider", e.Provider}, {"code", e.Code}, {"detail", e.Detail},
	} {
		if field[1] != "" {
			args = append(args, field[0], field[1])
		}
	}
	switch e.Name {
	case EventDiscoveryServed, EventKeysServed, EventUserinfoServed:
		l.log.Debug("okta emulator", args...)
	default:
		l.log.Info("okta emulator", args...)
	}
}

// since returns the kept events after the given sequence number, and a channel
// that is closed when there are more.
func (l *eventLog) since(after uint64) ([]Event, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []Event
	for _, e := range l.ring {
		if e.Seq > after {
			found = append(found, e)
		}
	}
	return found, l.grown
}

func (l *eventLog) subscribe(buffer int) (<-chan Event, func()) {
	ch := make(chan Event, max(buffer, 1))
	l.mu.Lock()
	l.subs[ch] = struct{}{}
	l.mu.Unlock()
	var once sync.Once
	return ch, func() {
		once.Do(func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			delete(l.subs, ch)
			close(ch)
		})
	}
}

// await blocks until there is an event of that name after the given number.
func (l *eventLog) await(ctx context.Context, after uint64, name string) (Event, error) {
	for {
		found, more := l.since(after)
		for _, e := range found {
			if e.Name == name {
				return e, nil
			}
			after = e.Seq
		}
		select {
		case <-ctx.Done():
			return Event{}, ctx.Err()
		case <-more:
		}
	}
}

// Note adds an event, and logs it.
func (o *Org) Note(e Event) { o.events.add(e) }

// Events returns the latest events, oldest first, at most 1000.
func (o *Org) Events() []Event {
	found, _ := o.events.since(0)
	return found
}

// EventsAfter returns the kept events with a number above after, oldest first.
func (o *Org) EventsAfter(after uint64) []Event {
	found, _ := o.events.since(after)
	return found
}

// Subscribe returns the events from now on. The channel holds the given number
// of unread events; more are lost. The function ends it and closes the channel.
func (o *Org) Subscribe(buffer int) (<-chan Event, func()) { return o.events.subscribe(buffer) }

// AwaitEvent returns the first event of that name with a number above after,
// and waits for it if it has not happened yet. The error is the context's.
func (o *Org) AwaitEvent(ctx context.Context, after uint64, name string) (Event, error) {
	return o.events.await(ctx, after, name)
}
