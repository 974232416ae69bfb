package caddymodule

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/intercept"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

// routeWalk goes all ways that a request for a host can take through the routes
// of a server, and notes what proxies it comes by, and whether behind a gate.
// Where a matcher decides by more than the host, it goes both ways.
//
// The routes may be read while Caddy provisions them: what lies behind is modules
// by then, what lies ahead, and around, is JSON.
type routeWalk struct {
	server *caddyhttp.Server
	host   string // "" for any
	// proxies are those that were come by, gates the matchers above each gate.
	proxies []passedProxy
	gates   []string
	onError bool
	depth   int
	// read are the handlers that were read from JSON, by its first byte.
	read map[*byte]any
}

// passedProxy is a proxy that a request can reach.
type passedProxy struct {
	// upstream is where the request goes; under the matchers on the way, "" for
	// none.
	upstream, under string
	guarded         bool
	// asks tells of a proxy that does not give the upstream's answer to the client,
	// as forward_auth does; onError of one for requests that failed.
	asks, onError bool
}

// way is what a request has behind it: a gate or none, and routes of groups of
// which only one is taken.
type way struct {
	guarded bool
	groups  string // each with a line feed
}

type ways map[way]struct{}

func (ws ways) add(w way) { ws[w] = struct{}{} }

// walkServer goes through a server's routes and those for its errors.
func walkServer(server *caddyhttp.Server, host string) *routeWalk {
	rw := &routeWalk{server: server, host: host, read: make(map[*byte]any)}
	rw.routes(server.Routes, way{}, nil)
	if server.Errors != nil {
		rw.errors(server.Errors.Routes, way{}, nil)
	}
	return rw
}

func (rw *routeWalk) errors(routes caddyhttp.RouteList, from way, under []string) ways {
	before := rw.onError
	rw.onError = true
	defer func() { rw.onError = before }()
	return rw.routes(routes, from, under)
}

// maxDepth ends named routes that invoke each other.
const maxDepth = 100

// routes returns on which ways a request leaves a list of routes for what comes
// next.
func (rw *routeWalk) routes(routes caddyhttp.RouteList, from way, under []string) ways {
	if rw.depth++; rw.depth > maxDepth {
		rw.depth--
		return nil
	}
	defer func() { rw.depth-- }()
	here := ways{from: {}}
	for _, route := range routes {
		m, matchers := matchRoute(route, rw.host)
		if m == matchesNot {
			continue
		}
		passed := make(ways)
		for w := range here {
			group := route.Group + "\n"
			if route.Group != "" && strings.Contains("\n"+w.groups, "\n"+group) {
				passed.add(w)
				continue
			}
			below := under
			if m == mayMatch {
				passed.add(w)
				below = append(slices.Clip(under), matchers)
			}
			if route.Group != "" {
				w.groups += group
			}
			after := rw.handlers(route, w, below)
			if !route.Terminal {
				maps.Copy(passed, after)
			}
		}
		here = passed
	}
	left := make(ways)
	for w := range here {
		left.add(way{w.guarded, from.groups}) // groups are of one list
	}
	return left
}

func (rw *routeWalk) handlers(route caddyhttp.Route, from way, under []string) ways {
	here := ways{from: {}}
	for _, handler := range rw.handlersOf(route) {
		passed := make(ways)
		for w := range here {
			maps.Copy(passed, rw.handler(handler, w, under))
		}
		here = passed
	}
	return here
}

// handler returns on which ways a request comes out of a handler; nil where the
// handler answers it.
func (rw *routeWalk) handler(handler any, w way, under []string) ways {
	on := ways{w: {}}
	switch h := handler.(type) {
	case *Passkeys:
		if !rw.onError {
			rw.gates = append(rw.gates, strings.Join(under, ", "))
		}
		return ways{{true, w.groups}: {}}
	case *caddyhttp.Subroute:
		on = rw.routes(h.Routes, w, under)
		if h.Errors != nil {
			maps.Copy(on, rw.errors(h.Errors.Routes, w, under))
		}
	case *caddyhttp.Invoke:
		if named := rw.server.NamedRoutes[h.Name]; named != nil {
			return rw.routes(caddyhttp.RouteList{*named}, w, under)
		}
	case *intercept.Intercept:
		rw.responses(h.HandleResponse, w, under)
	case *reverseproxy.Handler:
		for _, upstream := range upstreamsOf(h) {
			rw.proxies = append(rw.proxies, passedProxy{upstream, strings.Join(under, ", "), w.guarded, len(h.HandleResponse) > 0, rw.onError})
		}
		if len(h.HandleResponse) == 0 {
			return nil
		}
		rw.responses(h.HandleResponse, w, under)
	case *caddyhttp.StaticResponse, *caddyhttp.StaticError:
		return nil
	}
	return on
}

// responses walks through what is done with an answer, which may be to ask
// another upstream.
func (rw *routeWalk) responses(responses []caddyhttp.ResponseHandler, w way, under []string) {
	for _, response := range responses {
		rw.routes(response.Routes, w, under)
	}
}

// handlersOf returns the handlers of a route as their types.
func (rw *routeWalk) handlersOf(route caddyhttp.Route) []any {
	all := make([]any, 0, len(route.Handlers)+len(route.HandlersRaw))
	for _, handler := range route.Handlers {
		all = append(all, handler)
	}
	for _, raw := range route.HandlersRaw {
		if len(raw) == 0 {
			continue
		}
		handler, known := rw.read[&raw[0]]
		if !known {
			handler = readHandler(raw)
			rw.read[&raw[0]] = handler
		}
		all = append(all, handler)
	}
	return all
}

// readHandler returns a handler that is not provisioned, nil for one that Caddy
// will refuse, with more to say.
func readHandler(raw json.RawMessage) any {
	var named struct {
		Handler string `json:"handler"`
	}
	if json.Unmarshal(raw, &named) != nil {
		return nil
	}
	info, err := caddy.GetModule("http.handlers." + named.Handler)
	if err != nil {
		return nil
	}
	handler := info.New()
	switch handler.(type) {
	case *caddyhttp.Subroute, *caddyhttp.Invoke, *intercept.Intercept, *reverseproxy.Handler:
		if json.Unmarshal(raw, handler) != nil {
			return nil
		}
	}
	return handler
}
