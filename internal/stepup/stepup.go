// Package stepup says how recent, and how strong, a sign-in must be for actions that
// change an account or matter more than the rest of an app (step-up authentication, RFC
// 9470).
package stepup

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

const (
	// tolerance is how far the identity provider's clock and ours may differ. A
	// sign-in that the provider takes for recent enough must count here too, or
	// the browser would go round in circles.
	tolerance = time.Minute
	// shortest and longest bound MaxAge. A person needs some time for what they
	// confirmed it for; beyond a day, sessions are over anyway.
	shortest = 30 * time.Second
	longest  = 24 * time.Hour
)

// Code is the error code of a request whose sign-in is too old or too weak.
const Code = "step_up_required"

// Demand is what a sign-in must be like. The zero value demands nothing.
type Demand struct {
	// MaxAge is how long ago the user may have proved who they are, in whole
	// seconds.
	MaxAge time.Duration
	// ACR is the authentication context class that the sign-in must have, like
	// Okta's phr or urn:okta:loa:2fa:any; empty means any.
	ACR string
}

// IsZero reports whether nothing is demanded.
func (d Demand) IsZero() bool { return d == Demand{} }

// Check tells what is wrong with a demand that somebody configured.
func (d Demand) Check() error {
	if d.IsZero() {
		return nil
	}
	if d.MaxAge < shortest || d.MaxAge > longest || d.MaxAge%time.Second != 0 {
		return fmt.Errorf("step_up %s must be whole seconds between %s and %s", d.MaxAge, shortest, longest)
	}
	if len(d.ACR) > 256 {
		return errors.New("step_up acr has more than 256 characters")
	}
	for i := range len(d.ACR) {
		// A space would make two values of it, a quote would end the challenge.
		if c := d.ACR[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return fmt.Errorf("step_up acr %q is not one authentication context, like urn:okta:loa:2fa:any", d.ACR)
		}
	}
	return nil
}

// Met reports whether a session's sign-in will do. A session that does not say
// when its user signed in counts as too old.
func (d Demand) Met(s *session.Session, now time.Time) bool {
	return d.IsZero() || d.Recent(s.AuthTime, now) && d.Strong(s.ACR)
}

// Recent reports whether a sign-in at authTime is recent enough.
func (d Demand) Recent(authTime, now time.Time) bool {
	return !authTime.IsZero() && now.Sub(authTime) <= d.MaxAge+tolerance
}

// Strong reports whether a sign-in with this acr is strong enough: classes have no
// order, but for Okta's phrh, which is phr with hardware (Okta: Step-up
// authentication using ACR values).
func (d Demand) Strong(acr string) bool {
	return d.ACR == "" || acr == d.ACR || d.ACR == "phr" && acr == "phrh"
}

// Stricter returns the stricter of two demands: the shorter age wins, and with
// it its context; one that names a context wins over one that does not.
func (d Demand) Stricter(other Demand) Demand {
	switch {
	case d.IsZero():
		return other
	case other.IsZero():
		return d
	}
	strict := Demand{MaxAge: min(d.MaxAge, other.MaxAge), ACR: d.ACR}
	if d.ACR == "" || other.ACR != "" && other.MaxAge < d.MaxAge {
		strict.ACR = other.ACR
	}
	return strict
}

// The parameters of the login route that name a demand.
const (
	paramAge = "step_up"
	paramACR = "acr"
)

// Query is the demand as parameters of the login route, "" for none.
func (d Demand) Query() string {
	if d.IsZero() {
		return ""
	}
	q := paramAge + "=" + strconv.FormatInt(int64(d.MaxAge/time.Second), 10)
	if d.ACR != "" {
		q += "&" + paramACR + "=" + url.QueryEscape(d.ACR)
	}
	return q
}

// FromQuery reads what Query wrote. The result may be any demand: whoever uses
// it compares it with those of the configuration.
func FromQuery(q url.Values) Demand {
	seconds, err := strconv.ParseUint(q.Get(paramAge), 10, 31)
	if err != nil {
		return Demand{}
	}
	return Demand{MaxAge: time.Duration(seconds) * time.Second, ACR: q.Get(paramACR)}
}

// LoginURL is where a browser meets the demand and comes back to returnPath.
func (d Demand) LoginURL(base, returnPath string) string {
	query := []string{d.Query(), "return=" + returnpath.Query(returnPath)}
	if d.IsZero() {
		query = query[1:]
	}
	return base + route.Login + "?" + strings.Join(query, "&")
}

// Problem is the answer to a request whose sign-in will not do.
func (d Demand) Problem(loginURL string) *problem.Problem {
	return &problem.Problem{
		Status: http.StatusUnauthorized,
		Code:   Code,
		Title:  "Confirm it's you",
		Detail: "What you are about to do needs a sign-in from just now. It takes a moment, and then you are back here.",
		Ways:   []problem.Way{{Label: "Confirm it's you", Href: loginURL}},
		MaxAge: d.MaxAge,
		ACR:    d.ACR,
	}
}
