package okta

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// controlPrefix is where the controls live, outside the faults.
const controlPrefix = "/__emulator/"

// maxWait bounds how long GET events may wait.
const maxWait = 30 * time.Second

func isControl(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, controlPrefix) }

func (s *Server) routeControls() {
	crossOrigin := http.NewCrossOriginProtection()
	for pattern, control := range map[string]func(*http.Request) (any, error){
		"GET faults":               s.controlListFaults,
		"POST faults":              s.controlSetFault,
		"DELETE faults":            s.controlClearFaults,
		"GET events":               s.controlEvents,
		"GET clock":                s.controlClock,
		"POST clock":               s.controlClock,
		"POST keys/rotate":         s.controlRotateKeys,
		"DELETE sessions":          s.controlEndSessions,
		"GET transactions":         s.controlTransactions,
		"GET users":                s.controlListUsers,
		"POST users":               s.controlAddUser,
		"PATCH users/{id}":         s.controlChangeUser,
		"DELETE users/{id}/tokens": s.controlRevokeTokens,
		"POST access-tokens":       s.controlAccessToken,

		"GET sign-in-page":                            s.controlSignInPage,
		"PUT sign-in-page":                            s.controlSetSignInPage,
		"GET routing-rules":                           s.controlRoutingRules,
		"PUT routing-rules":                           s.controlSetRoutingRules,
		"GET identity-providers":                      s.controlIdentityProviders,
		"PATCH identity-providers/{id}":               s.controlChangeIdentityProvider,
		"DELETE identity-providers/{id}/links/{user}": s.controlUnlink,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		s.mux.Handle(method+" "+controlPrefix+path, s.localOnly(crossOrigin.Handler(asJSON(control))))
	}
}

// localOnly refuses a caller that is not on this machine, in front of a proxy
// as well, and a Host that a rebinding attack would bring.
func (s *Server) localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !fromLoopback(r) || !s.ownHost(r.Host) {
			s.events.add(Event{Name: EventControlRefused})
			writeJSON(w, http.StatusForbidden, map[string]string{"error": "controls are for loopback only"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func fromLoopback(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || !isLoopback(host) {
		return false
	}
	for _, line := range r.Header.Values("X-Forwarded-For") {
		for hop := range strings.SplitSeq(line, ",") {
			if !isLoopback(strings.TrimSpace(hop)) {
				return false
			}
		}
	}
	return r.Header.Get("Forwarded") == ""
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (s *Server) ownHost(host string) bool {
	if host == s.config.host() {
		return true
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	return name == "localhost" || isLoopback(strings.Trim(name, "[]"))
}

// asJSON turns a control into a handler: nil is 204, an error 400 or 404.
func asJSON(control func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		body, err := control(r)
		switch {
		case errors.Is(err, ErrNoUser), errors.Is(err, ErrNoIdentityProvider):
			writeJSON(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		case err != nil:
			writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		case body == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			writeJSON(w, http.StatusOK, body)
		}
	})
}

func readJSON(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
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

func (s *Server) controlListFaults(*http.Request) (any, error) {
	list := []faultForm{}
	for _, f := range s.Faults() {
		form := faultForm{Name: f.Name, Times: f.Times, Status: f.Status, Error: f.Error, ErrorDescription: f.ErrorDescription}
		if f.Delay > 0 {
			form.Delay = f.Delay.String()
		}
		list = append(list, form)
	}
	return map[string]any{"faults": list, "known": FaultNames()}, nil
}

func (s *Server) controlSetFault(r *http.Request) (any, error) {
	var form faultForm
	if err := readJSON(r, &form); err != nil {
		return nil, err
	}
	f := Fault{Name: form.Name, Times: form.Times, Status: form.Status, Error: form.Error, ErrorDescription: form.ErrorDescription}
	if form.Delay != "" {
		d, err := time.ParseDuration(form.Delay)
		if err != nil {
			return nil, err
		}
		f.Delay = d
	}
	return nil, s.Fault(f)
}

// controlClearFaults clears ?name=…, repeatable, or all.
func (s *Server) controlClearFaults(r *http.Request) (any, error) {
	s.ClearFaults(r.URL.Query()["name"]...)
	return nil, nil
}

// controlEvents lists the events after ?after=N. With ?name=… it answers with
// that event alone, and with ?wait=5s waits for it.
func (s *Server) controlEvents(r *http.Request) (any, error) {
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
		list, _ := s.events.since(after)
		if list == nil {
			list = []Event{}
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
	list := []Event{}
	if e, err := s.AwaitEvent(ctx, after, name); err == nil {
		list = append(list, e)
	}
	return map[string]any{"events": list}, nil
}

// controlClock advances the clock and tells the time.
func (s *Server) controlClock(r *http.Request) (any, error) {
	if r.Method == http.MethodPost {
		var form struct {
			Advance string `json:"advance"`
		}
		if err := readJSON(r, &form); err != nil {
			return nil, err
		}
		d, err := time.ParseDuration(form.Advance)
		if err != nil {
			return nil, err
		}
		s.Advance(d)
	}
	return map[string]any{"now": s.Now()}, nil
}

func (s *Server) controlRotateKeys(r *http.Request) (any, error) {
	var form struct {
		Overlap bool `json:"overlap"`
	}
	if err := readJSON(r, &form); err != nil {
		return nil, err
	}
	return nil, s.RotateKeys(form.Overlap)
}

// controlEndSessions ends the SSO sessions of ?user=…, or all.
func (s *Server) controlEndSessions(r *http.Request) (any, error) {
	return nil, s.EndSessions(r.URL.Query().Get("user"))
}

func (s *Server) controlTransactions(*http.Request) (any, error) {
	return map[string]any{"transactions": s.transactions.list()}, nil
}
