package caddymodule

import (
	"net/http"
	"net/url"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// keepOutOfLogs spares the operator a filter: Caddy's access log writes the whole
// URL and the answer's Location. The rooms' own log lines tell what happened.
func (p *Passkeys) keepOutOfLogs(r *http.Request) {
	if !p.gate.Unlogged(originalURL(r), r.URL) {
		return
	}
	caddyhttp.SetVar(r.Context(), caddyhttp.LogSkipVar, true)
	// Nor shall the error log have it, by none of its loggers, where a rewrite took
	// the request away from us and what serves it then fails.
	caddyhttp.SetVar(r.Context(), caddyhttp.AccessLoggerNameVarKey, []any{})
}

// originalURL is the address before any rewrite.
func originalURL(r *http.Request) *url.URL {
	if original, ok := r.Context().Value(caddyhttp.OriginalRequestCtxKey).(http.Request); ok && original.URL != nil {
		return original.URL
	}
	return r.URL
}
