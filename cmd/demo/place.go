package main

import (
	"net"
	"strconv"
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
