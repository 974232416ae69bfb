package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

// org is the Okta of a run.
type org struct {
	server *okta.Server
	http   *http.Server
}

const (
	password     = "correct horse"
	clientSecret = "bench-Zm9yIGEgYmVuY2htYXJrIG9ubHk" //nolint:gosec // G101: known to an emulator on loopback only
	// few and many name the two users whose sessions are weighed.
	few  = "alice@acme.test"
	many = "bob@acme.test"
	// appPath is the page of the app that is asked for.
	appPath = "/orders/7?page=2"
)

// everyone is the group that Okta puts every user in.
const everyone = 1

// groups are names as they stand in a directory of some years; with everyone
// they are n.
func groups(n int) []string {
	teams := []string{"Engineering", "Finance", "Human Resources", "Sales EMEA", "IT Operations", "Legal", "Customer Support", "Marketing", "Procurement", "Data Platform"}
	roles := []string{"Members", "Managers", "Approvers"}
	var out []string
	for i := range n - everyone {
		out = append(out, teams[i%len(teams)]+" - "+roles[i/len(teams)%len(roles)])
	}
	return out
}

// requesters are users who ask for connect tokens; the rate limit is per user.
func requesters(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("user%02d@acme.test", i))
	}
	return out
}

func openOrg(ctx context.Context) (*org, error) {
	users := []okta.User{
		{Login: few, Email: few, EmailVerified: true, FirstName: "Alice", LastName: "Archer", Password: password, Groups: groups(5)},
		{Login: many, Email: many, EmailVerified: true, FirstName: "Bob", LastName: "Baker", Password: password, Groups: groups(30)},
	}
	for _, login := range requesters(tokenUsers) {
		users = append(users, okta.User{Login: login, Email: login, EmailVerified: true, FirstName: "Una", LastName: "User", Password: password, Groups: groups(5)})
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server, err := okta.New(okta.Config{PublicURL: "http://" + l.Addr().String(), Users: users})
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	o := &org{server: server, http: &http.Server{Handler: server, ReadHeaderTimeout: patience}}
	go func() { _ = o.http.Serve(l) }()
	return o, nil
}

func (o *org) close() { _ = o.http.Close() }

// register adds an app for a sidecar at an address and returns its client ID.
func (o *org) register(addr string) (clientID string, err error) {
	site := "http://" + addr
	c, err := o.server.AddClient(okta.Client{
		ID: "0oaBench" + strings.ReplaceAll(addr[strings.LastIndex(addr, ":"):], ":", ""), Secret: clientSecret,
		RedirectURIs: []string{site + "/passkeys/callback"}, PostLogoutRedirectURIs: []string{site + "/passkeys/signed-out"},
	})
	return c.ID, err
}
