package controls

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// maxWait bounds how long GET events may wait.
const maxWait = 30 * time.Second

type orgControls struct{ org *org.Org }

func (s *orgControls) controls() map[string]Control {
	return map[string]Control{
		"GET faults":       s.controlListFaults,
		"POST faults":      s.controlSetFault,
		"DELETE faults":    s.controlClearFaults,
		"GET events":       s.controlEvents,
		"GET clock":        s.controlClock,
		"POST clock":       s.controlClock,
		"DELETE sessions":  s.controlEndSessions,
		"GET users":        s.controlListUsers,
		"POST users":       s.controlAddUser,
		"PATCH users/{id}": s.controlChangeUser,
	}
}

// faultForm is a Fault in JSON; the delay is text such as "2s".
type faultForm struct {
	Name             string `json:"name"`
	Times            int    `json:"times"`
	Delay            string `json:"delay,omitempty"`
	Status           int    `json:"status,omitempty"`
	Error            string `json:"error,omitempty"`
	ErrorDescription string `json:"error_description,omitempty"`
}

func (s *orgControls) controlListFaults(*http.Request) (any, error) {
	list := []faultForm{}
	for _, f := range s.org.Faults() {
		form := faultForm{Name: f.Name, Times: f.Times, Status: f.Status, Error: f.Error, ErrorDescription: f.ErrorDescription}
		if f.Delay > 0 {
			form.Delay = f.Delay.String()
		}
		list = append(list, form)
	}
	return map[string]any{"faults": list, "known": org.FaultNames()}, nil
}

func (s *orgControls) controlSetFault(r *http.Request) (any, error) {
	var form faultForm
	if err := ReadJSON(r, &form); err != nil {
		return nil, err
	}
	f := org.Fault{Name: form.Name, Times: form.Times, Status: form.Status, Error: form.Error, ErrorDescription: form.ErrorDescription}
	if form.Delay != "" {
		d, err := time.ParseDuration(form.Delay)
		if err != nil {
			return nil, err
		}
		f.Delay = d
	}
	return nil, s.org.Fault(f)
}

// controlClearFaults clears ?name=…, repeatable, or all.
func (s *orgControls) controlClearFaults(r *http.Request) (any, error) {
	s.org.ClearFaults(r.URL.Query()["name"]...)
	return nil, nil
}

// controlEvents lists the events after ?after=N. With ?name=… it answers with
// that event alone, and with ?wait=5s waits for it.
func (s *orgControls) controlEvents(r *http.Request) (any, error) {
	query := r.URL.Query()
	var after uint64
	if raw := query.Get("after"); raw != "" {
		n, err := strconv.ParseUint(raw, 10, 64)
		if err != nil {
			return nil, err
		}
		after = n
	}
	name := query.Get("name")
	if name == "" {
		list := s.org.EventsAfter(after)
		if list == nil {
			list = []org.Event{}
		}
		return map[string]any{"events": list}, nil
	}
	wait := time.Duration(0)
	if raw := query.Get("wait"); raw != "" {
		d, err := time.ParseDuration(raw)
		if err != nil {
			return nil, err
		}
		wait = min(d, maxWait)
	}
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	list := []org.Event{}
	if e, err := s.org.AwaitEvent(ctx, after, name); err == nil {
		list = append(list, e)
	}
	return map[string]any{"events": list}, nil
}

// controlClock advances the clock and tells the time.
func (s *orgControls) controlClock(r *http.Request) (any, error) {
	if r.Method == http.MethodPost {
		var form struct {
			Advance string `json:"advance"`
		}
		if err := ReadJSON(r, &form); err != nil {
			return nil, err
		}
		d, err := time.ParseDuration(form.Advance)
		if err != nil {
			return nil, err
		}
		s.org.Advance(d)
	}
	return map[string]any{"now": s.org.Now()}, nil
}

// controlEndSessions ends the SSO sessions of ?user=…, or all.
func (s *orgControls) controlEndSessions(r *http.Request) (any, error) {
	return nil, s.org.EndSessions(r.URL.Query().Get("user"))
}
