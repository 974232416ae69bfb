package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"
)

// The hosts of the demo. Browsers take names under .localhost for this machine
// and for a secure place, over plain http too, and acme.localhost for a domain
// that the three may share a passkey's relying party id of.
const (
	rpID        = "acme.localhost"
	appHost     = "app." + rpID
	loginHost   = "login." + rpID
	corbadoHost = "corbado." + rpID
)

// place is the public origins of the demo.
type place struct {
	App, Login, Corbado string
	Port                int
	TLS                 bool
}

func placeAt(port int, tls bool) place {
	scheme, own := "http://", 80
	if tls {
		scheme, own = "https://", 443
	}
	origin := func(host string) string {
		if port == own { // browsers leave the scheme's own port out
			return scheme + host
		}
		return scheme + net.JoinHostPort(host, strconv.Itoa(port))
	}
	return place{App: origin(appHost), Login: origin(loginHost), Corbado: origin(corbadoHost), Port: port, TLS: tls}
}

// placeOf is the place of a demo that runs, by its app's origin.
func placeOf(app string) (place, error) {
	wrong := fmt.Errorf("--against %q: want what the demo prints after \"ready\", like %s", app, placeAt(8080, false).App)
	u, err := url.Parse(app)
	if err != nil {
		return place{}, wrong
	}
	port, tls := 80, u.Scheme == "https"
	if tls {
		port = 443
	}
	if named := u.Port(); named != "" {
		if port, err = strconv.Atoi(named); err != nil || port < 1 {
			return place{}, wrong
		}
	}
	if at := placeAt(port, tls); at.App == app || at.App+"/" == app {
		return at, nil
	}
	return place{}, wrong
}

// startPatience is how long certificates may take.
const startPatience = 15 * time.Second

// await returns when every part answers under its public name.
func (p place) await(ctx context.Context) error {
	for _, address := range []string{p.App + "/healthz", p.Login + "/oauth2/default/.well-known/openid-configuration", p.Style()} {
		// Certificates are made when Caddy has started, one by one.
		err := checkHealth(ctx, address)
		for until := time.Now().Add(startPatience); err != nil && p.TLS && time.Now().Before(until); err = checkHealth(ctx, address) {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(50 * time.Millisecond):
			}
		}
		if err != nil {
			return fmt.Errorf("the demo does not answer: %w", err)
		}
	}
	return nil
}

// sessionCookie is the name of the sidecar's session cookie, which browsers hold
// to stricter rules over https.
func (p place) sessionCookie() string {
	if p.TLS {
		return "__Host-passkeys-session"
	}
	return "passkeys-session"
}

// Script and Style are the component's files at Corbado's CDN.
func (p place) Script() string { return p.Corbado + "/connect/dist/web-js-latest.min.js" }

// Style is beside Script.
func (p place) Style() string { return p.Corbado + "/connect/dist/web-js-latest.min.css" }
