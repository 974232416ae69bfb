package pages

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// appendPath is the offer's path that leads on to returnPath.
func (p *Pages) appendPath(returnPath string) string {
	if returnPath == returnpath.Start {
		return p.base + route.Append
	}
	return p.base + route.Append + "?return=" + returnpath.Query(returnPath)
}

// Append serves the offer to add a passkey: GET <base>/append?return=.
func (p *Pages) Append(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	back := p.way(r)
	if err := p.needSession(s, p.appendPath(back)); err != nil {
		return err
	}
	if !cleanQuery(w, r, p.base+route.Append) {
		return nil
	}
	v := p.view(pageAppend, "Add a passkey", s)
	v.Script = p.assetPath("append.js")
	v.Return = back
	v.Login = p.loginPath(p.appendPath(back))
	v.Confirm = p.stepUp.LoginURL(p.base, p.appendPath(back))
	// Said at once: a component that gets no token only says that it failed.
	v.Stale = !p.stepUp.Met(s, p.now())
	var err error
	if v.Settings, err = p.glue(s, back, route.AppendResult, v.Stale); err != nil {
		return err
	}
	if !v.Stale && r.Method == http.MethodGet {
		p.moments.Tell(r.Context(), moment.Moment{Kind: moment.OfferShown, Session: s})
	}
	return p.write(w, r, http.StatusOK, p.policies.component, v)
}

// way returns where the request's return parameter leads, if it may lead there.
// The offer itself is no place to go on to.
func (p *Pages) way(r *http.Request) string {
	clean := p.returns.Clean(r.URL.Query().Get("return"))
	if rest, ours := p.below(clean); ours && (rest == route.Append || strings.HasPrefix(rest, route.Append+"/")) {
		return returnpath.Start
	}
	return clean
}

// below returns what follows the base path in a cleaned return path, as the
// browser will ask for it, and whether the path is under the base path at all.
func (p *Pages) below(returnPath string) (string, bool) {
	u, err := url.Parse(returnPath)
	if err != nil {
		return "", false
	}
	rest, ours := strings.CutPrefix(path.Clean(u.Path), p.base)
	return rest, ours && (rest == "" || strings.HasPrefix(rest, "/"))
}
