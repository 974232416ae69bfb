package main

import (
	"fmt"
	"strings"
)

// publicPath needs no session, so that the start of both sides can be told by
// the same request.
const publicPath = "/healthz"

// site is what a process serves, at a loopback address of its own.
type site struct {
	addr     string
	upstream string
	// before stands before reverse_proxy: nothing for plain Caddy.
	before string
	// proxy stands in reverse_proxy's block.
	proxy string
	// admin is the address of Caddy's admin API; off unless profiling.
	admin string
}

// caddyfile has no access log: its cost is the same on both sides and would
// bring the ratio nearer to 1.
func (s site) caddyfile(storage string) string {
	admin := s.admin
	if admin == "" {
		admin = "off"
	}
	return fmt.Sprintf(`{
	admin %s
	persist_config off
	auto_https off
	grace_period 1s
	default_bind 127.0.0.1
	storage file_system %q
}
http://%s {
%s	reverse_proxy %s {
%s	}
}
`, admin, storage, s.addr, s.before, s.upstream, s.proxy)
}

// sidecar is the directive as users write it, with what they leave at its
// default left out. The session is long, so that no request of a run is due for
// a renewed cookie, which the load generator would not take.
func sidecar(addr, upstream, issuer, clientID, scopes, further string) string {
	return strings.NewReplacer("{FURTHER}", further, "{ADDR}", addr, "{UPSTREAM}", upstream, "{ISSUER}", issuer, "{CLIENT}", clientID, "{SCOPES}", scopes,
		"{PUBLIC}", publicPath).Replace(`	passkeys {
		public_url http://{ADDR}
		okta {
			issuer {ISSUER}
			client_id {CLIENT}
			client_secret {env.BENCH_OKTA_CLIENT_SECRET}
			scopes {SCOPES}
		}
		corbado {
			project_id pro-1234567890
			api_secret {env.BENCH_CORBADO_API_SECRET}
			backend_api http://{UPSTREAM}
		}
		session {
			idle 8h
			lifetime 8h
		}
		enroll never
		public {PUBLIC}
{FURTHER}	}
`)
}

// everySetting is what a site adds that wants all there is: access rules, a
// step-up, tokens for programs, a signed assertion for the app, the session's end
// for scripts. (Refresh comes by the scopes, the rest is on by default.)
const everySetting = `		allow {
			group "No such group" "Legal - Members"
			domain example.com acme.test
		}
		step_up 5m /admin/* /billing/*
		bearer {
			audience api://orders
		}
		assertion
		expiry_header Passkeys-Session-Ends
`

// sameBytes makes plain Caddy send to the app what the sidecar sends: no cookie
// of ours, and the identity headers, constant here. What the sidecar costs
// beyond that is its own work.
func sameBytes(seen string) string {
	var b strings.Builder
	b.WriteString("\t\theader_up -Cookie\n")
	for line := range strings.Lines(identityOf(seen)) {
		name, value, _ := strings.Cut(line, ":")
		fmt.Fprintf(&b, "\t\theader_up %s %q\n", name, strings.TrimSpace(value))
	}
	return b.String()
}

// identityOf takes the identity headers out of a request's head, as header
// lines.
func identityOf(seen string) string {
	var b strings.Builder
	for _, name := range identityHeaders {
		if value := headerOf(seen, name); value != "" {
			b.WriteString(name + ": " + value + "\r\n")
		}
	}
	return b.String()
}

var identityHeaders = []string{"X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups", "X-Forwarded-Preferred-Username"}

// headerOf finds a header in a request's head, "" if it is not there.
func headerOf(head, name string) string {
	for line := range strings.Lines(head) {
		if key, value, found := strings.Cut(line, ":"); found && strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
