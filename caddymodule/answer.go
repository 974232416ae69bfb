package caddymodule

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
)

// answer shows what a room could not do. It returns nil, because the answer has
// been written.
func (p *Passkeys) answer(w http.ResponseWriter, r *http.Request, err error) error {
	return p.answerWith(p.pages.Problem, w, r, err)
}

// answerWith is answer in a given form: a page or JSON, or always JSON.
func (p *Passkeys) answerWith(show func(http.ResponseWriter, *http.Request, *problem.Problem, string), w http.ResponseWriter, r *http.Request, err error) error {
	if err == nil {
		return nil
	}
	pr, ok := errors.AsType[*problem.Problem](err)
	if !ok {
		pr = problem.Internal(err)
	}
	attrs := []slog.Attr{
		slog.String("code", pr.Code), slog.Int("status", pr.Status), slog.String("method", r.Method),
		slog.String("path", r.URL.Path), slog.String("client_ip", clientIP(r)), slog.Any("error", pr.Err),
	}
	// Rooms log their problems themselves, with what they know of them. What
	// comes without a face is a fault of ours.
	const msg = "request not served"
	if ok {
		p.log.LogAttrs(r.Context(), slog.LevelDebug, msg, attrs...)
	} else {
		p.quiet.LogAttrs(r.Context(), slog.LevelError, msg, "", attrs...)
	}
	show(w, r, pr, requestID(r))
	return nil
}

const codeNotFound = "not_found"

// refuse gives the gate's own answers.
func (p *Passkeys) refuse(w http.ResponseWriter, r *http.Request, d gate.Decision) error {
	if d.Allow != "" {
		w.Header().Set("Allow", d.Allow)
	}
	if d.Verdict == gate.Refuse {
		p.gate.Readable(w.Header(), r)
	}
	switch d.Verdict {
	case gate.Forbidden:
		return p.forbid(w, r, d)
	case gate.RefuseStale:
		return p.refuseStale(w, r, d)
	default:
		return p.answer(w, r, p.refusal(r, d))
	}
}

// refusal words them.
func (p *Passkeys) refusal(r *http.Request, d gate.Decision) error {
	start := problem.Way{Label: "Go to the start page", Href: "/"}
	switch d.Verdict {
	case gate.Refuse:
		return problem.LoginRequired("Nobody is signed in, or the session has ended.", p.base+route.Login+p.returnTo(r), nil)
	case gate.Misdirected:
		p.quiet.LogAttrs(r.Context(), slog.LevelWarn, "a request named a host that is none of the public origins; if browsers use it, add it to public_url", "",
			slog.String("host", r.Host))
		return &problem.Problem{
			Status: http.StatusMisdirectedRequest, Code: "unknown_host", Title: "This site is not known by that name",
			Detail: "The address in your browser is not one that this site was set up for. Use the address that you were given.",
		}
	case gate.BadPath:
		return &problem.Problem{Status: http.StatusBadRequest, Code: "bad_path", Title: "That is not a path on this site"}
	case gate.CrossSite:
		return &problem.Problem{
			Status: http.StatusForbidden, Code: "cross_origin", Title: "Another site tried to sign you out",
			Detail: "You are still signed in. To sign out, use this site's own page.",
			Ways:   []problem.Way{{Label: "Sign out", Href: p.base + route.Logout}, start},
		}
	case gate.MethodNotAllowed:
		return &problem.Problem{
			Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Title: "This page does not take that method",
			Detail: "It takes " + d.Allow + ".", Ways: []problem.Way{start},
		}
	default:
		return &problem.Problem{
			Status: http.StatusNotFound, Code: codeNotFound, Title: "There is no such page",
			Detail: "Nothing is at this address.", Ways: []problem.Way{start},
		}
	}
}

// requestID is what a person reads from a page to the people who run the site.
// Asking for it once puts it, as "uuid", into the access log and into every
// line that a room logs for this request.
func requestID(r *http.Request) string { return requestIDOf(r.Context()) }

// requestIDOf is requestID by the context, "" outside of a request.
func requestIDOf(ctx context.Context) string {
	repl, ok := ctx.Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return ""
	}
	id, _ := repl.GetString("http.request.uuid")
	return id
}

// clientIP honors Caddy's trusted_proxies.
func clientIP(r *http.Request) string {
	ip, _ := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string)
	return ip
}

// originalURI is what the browser asked for, before any rewrite, as an address that
// may stand in a link.
func originalURI(r *http.Request) string { return returnpath.Requested(originalURL(r).RequestURI()) }
