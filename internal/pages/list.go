package pages

import (
	"log/slog"
	"net/http"

	"github.com/passkey-sidecar/passkey-sidecar/internal/answer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// List serves the page with the user's passkeys: GET <base>/?return=.
func (p *Pages) List(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	self := p.base + "/"
	if err := p.needSession(s, self); err != nil {
		return err
	}
	if !cleanQuery(w, r, self) {
		return nil
	}
	v := p.view(pageList, "Your passkeys", s)
	v.Script = p.assetPath("list.js")
	v.Return = p.way(r)
	v.Login = p.loginPath(self)
	if v.Return != returnpath.Start {
		self += "?return=" + returnpath.Query(v.Return)
	}
	v.Confirm = p.stepUp.LoginURL(p.base, self)
	var err error
	if v.Settings, err = p.glue(s, v.Return, route.ListResult, false); err != nil {
		return err
	}
	return p.write(w, r, http.StatusOK, p.policies.component, v)
}

// ListResult takes down what became of the list: POST <base>/list/result with
// {"status":"added"} or {"status":"removed"}. It answers as Result does.
func (p *Pages) ListResult(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	if err := p.needSession(s, p.base+"/"); err != nil {
		return err
	}
	result, err := p.readResult(w, r)
	if err != nil {
		return err
	}
	m := moment.Moment{Kind: moment.PasskeyAdded, Cause: moment.OnList, Session: s}
	switch result.Status {
	case "added":
	case "removed":
		m.Kind = moment.PasskeyRemoved
	default:
		return refuse(http.StatusBadRequest, "unknown_status", "This status is not known.", nil)
	}
	p.moments.Tell(r.Context(), m)
	p.log.InfoContext(r.Context(), "passkey list changed", slog.String("status", result.Status),
		slog.String("iss", s.Issuer), slog.String("sub", s.Subject))
	answer.Private(w.Header())
	w.WriteHeader(http.StatusNoContent)
	return nil
}
