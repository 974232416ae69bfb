// Package controls is what only tests and demos do to an org, over HTTP under
// /__emulator/: faults, the clock, users and their sessions, the event log. Each
// part of the org adds its own. Real Okta has nothing of the kind; what
// administrators do at Okta itself is in package management.
//
// Controls answer callers on this machine alone, and no page of another origin.
package controls

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// prefix is where the controls live, outside the faults.
const prefix = "/__emulator/"

// IsControl reports whether a request is for a control: no fault applies to it.
func IsControl(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, prefix) }

// Control does or tells something. Nothing to tell is nil.
type Control = func(*http.Request) (any, error)

// Route adds the org's own controls, and the parts', named as in "POST faults".
func Route(mux *http.ServeMux, o *org.Org, parts ...map[string]Control) {
	s := &orgControls{o}
	crossOrigin := http.NewCrossOriginProtection()
	for _, part := range append(parts, s.controls()) {
		for pattern, control := range part {
			method, path, _ := strings.Cut(pattern, " ")
			mux.Handle(method+" "+prefix+path, localOnly(o, crossOrigin.Handler(asJSON(control))))
		}
	}
}

// localOnly refuses a caller that is not on this machine, in front of a proxy
// as well, and a Host that a rebinding attack would bring.
func localOnly(o *org.Org, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !fromLoopback(r) || !ownHost(o, r.Host) {
			o.Note(org.Event{Name: org.EventControlRefused})
			org.WriteJSON(w, http.StatusForbidden, map[string]string{"error": "controls are for loopback only"})
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

func ownHost(o *org.Org, host string) bool {
	if host == o.Host() {
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
		case notThere(err):
			org.WriteJSON(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		case err != nil:
			org.WriteJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		case body == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			org.WriteJSON(w, http.StatusOK, body)
		}
	})
}

func notThere(err error) bool {
	_, is := errors.AsType[org.MissingError](err)
	return is
}

// ReadJSON reads a control's form. It refuses fields that the form does not have.
func ReadJSON(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// Put sets what a form gives, and leaves what it leaves out.
func Put[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
