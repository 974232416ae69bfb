// Package org is what the parts of an Okta org share, and what each of them would
// otherwise have to ask of another: its users, apps and single sign-on sessions,
// its clock, the faults that are on, the log of what happened, and the forms of
// ids and answers that all endpoints have in common.
//
// At Okta these are the Universal Directory, the app integrations and the sessions
// that Admin Console shows. The parts beside this package stand on it and never on
// one another's insides: authserver (tokens), signin (the page and IDX),
// federation (identity providers), signout, management (/api/v1) and controls
// (what only tests do).
//
// How we know: the prefixes and length of ids are those of the answers that Okta's
// API reference shows and that the Terraform provider for Okta has recorded. Life
// times are the defaults that Okta documents: two idle hours for a session, 30
// seconds of leeway for a replaced refresh token. The cookies' names, idx and dt,
// are those that its guides on rate limits and sessions use. None of it was read
// off a live org.
package org

import (
	"crypto/rsa"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Settings of an Org, all of them filled in.
type Settings struct {
	// PublicURL is the origin of the org, without a trailing slash.
	PublicURL string
	// Name is shown on pages.
	Name string
	// HTTPClient calls identity providers, and apps at sign-out.
	HTTPClient *http.Client
	// NewKey makes RSA keys of 2048 bits or more.
	NewKey func() (*rsa.PrivateKey, error)
	// NewUserID makes the id of a user who comes without one.
	NewUserID func() string
	// Log receives one record an event.
	Log *slog.Logger
	// Now is the clock that Advance is added to.
	Now func() time.Time
}

// Org is an org without anything that it serves.
type Org struct {
	PublicURL  string
	Name       string
	HTTPClient *http.Client
	NewKey     func() (*rsa.PrivateKey, error)
	// Sessions are the browsers' sign-ins.
	Sessions *Sessions

	id       string
	clock    *clock
	events   *eventLog
	faults   *faultSet
	clients  *registry
	users    *directory
	disabled func(userID string)
}

// New makes an org without users and apps.
func New(s Settings) *Org {
	o := &Org{
		PublicURL: s.PublicURL, Name: s.Name, HTTPClient: s.HTTPClient, NewKey: s.NewKey,
		id:       NewID("00o"),
		clock:    &clock{base: s.Now},
		faults:   newFaultSet(),
		clients:  newRegistry(),
		users:    newDirectory(s.NewUserID),
		disabled: func(string) {},
	}
	o.events = newEventLog(o.Now, s.Log)
	o.Sessions = newSessions(o.Now)
	return o
}

// WhenDisabled says what else happens when a user is disabled; their sessions end
// anyway. It is called once, before the org is in use.
func (o *Org) WhenDisabled(do func(userID string)) { o.disabled = do }

// OrgIssuer is the issuer of the org authorization server.
func (o *Org) OrgIssuer() string { return o.PublicURL }

// OrgID is the id of the org (00o…), the idp claim of a local sign-in.
func (o *Org) OrgID() string { return o.id }

// Host is the org's host, with its port.
func (o *Org) Host() string {
	_, host, _ := strings.Cut(o.PublicURL, "://")
	return host
}

func (o *Org) secure() bool { return strings.HasPrefix(o.PublicURL, "https://") }
