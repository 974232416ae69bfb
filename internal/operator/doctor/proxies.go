package doctor

import (
	"context"
	"fmt"
	"strings"
)

// everyone are networks that hold all addresses.
var everyone = map[string]bool{"0.0.0.0/0": true, "::/0": true}

// proxies looks at whose X-Forwarded-* the server believes.
func (e *exam) proxies(context.Context) []Finding {
	for _, network := range e.Server.TrustedProxies {
		if everyone[network] {
			return one(failure("anybody may say where a request comes from", "trusted_proxies has "+network, "name the load balancer's networks: servers { trusted_proxies static 10.0.0.0/8 }"))
		}
	}
	https := strings.HasPrefix(e.Name(), "https://")
	if https && e.Server.PlainHTTP && len(e.Server.TrustedProxies) == 0 {
		return one(warning("something else takes TLS, and the server does not believe it", fmt.Sprintf("public_url is https, and the server takes plain HTTP at %s without trusted_proxies: the app is told http, and logs name the proxy as the client", strings.Join(e.Server.Listen, " ")),
			"in the global options, write: servers { trusted_proxies static private_ranges } (or the load balancer's own networks)"))
	}
	if len(e.Server.TrustedProxies) > 0 {
		return one(ok("only these may say where a request comes from: " + strings.Join(e.Server.TrustedProxies, " ")))
	}
	return one(ok("clients connect to the server themselves; no proxy is believed"))
}
