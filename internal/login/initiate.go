package login

import (
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/provider"
	"github.com/passkey-sidecar/passkey-sidecar/internal/returnpath"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// maxInitiation bounds a third party's request, in bytes: an issuer, a hint and
// an address, encoded.
const maxInitiation = 16 << 10

// initiation is a third party's request to sign in here (OpenID Connect Core 1.0
// section 4): a tile on Okta's dashboard, the end of an activation or password
// reset, an expired page at Auth0.
type initiation struct{ issuer, hint, target string }

// Initiate serves GET and POST <base>/initiate, the address to register as
// initiate_login_uri. It starts the ordinary sign-in, with a state of our own. The
// third party cannot choose the provider, nor a place outside this origin. live is
// the request's session, nil for none: who has one goes straight on.
//
// A POST comes from another site without our cookies (SameSite=Lax), and so without
// the session and the count of sign-ins. It is answered with a redirect to the same
// route, to which the browser sends them.
//
// Its problems: invalid_initiation, unknown_issuer and those of StepUp.
func (rp *RelyingParty) Initiate(w http.ResponseWriter, r *http.Request, live *session.Session) error {
	ctx := r.Context()
	asked, err := readInitiation(w, r)
	if err != nil {
		return rp.failed(ctx, nil, rp.invalidInitiation(err))
	}
	o, err := rp.originOf(r)
	if err != nil {
		return err
	}
	if !ownIssuer(rp.provider.Issuer(), asked.issuer) {
		return rp.failed(ctx, nil, rp.unknownIssuer(asked.issuer))
	}
	target, hint := rp.localTarget(o, asked.target), usableHint(asked.hint)
	if r.Method == http.MethodPost {
		redirect(w, http.StatusSeeOther, rp.initiatePath(asked.issuer, hint, target))
		return nil
	}
	if live != nil {
		return rp.goTo(w, r, target)
	}
	rp.quiet.LogAttrs(ctx, slog.LevelInfo, "sign-in initiated by a third party", "", slog.String("issuer", claims.Printable(asked.issuer, maxShownText)))
	return rp.depart(w, r, departure{returnPath: target, asked: http.StatusOK, hint: hint, counted: true})
}

// readInitiation reads the parameters from the query, or from the form that is
// the body of a POST. Like an answer at the callback, it is read strictly.
func readInitiation(w http.ResponseWriter, r *http.Request) (initiation, error) {
	raw := r.URL.RawQuery
	if len(raw) > maxInitiation {
		return initiation{}, errors.New("the query is too long")
	}
	q, err := url.ParseQuery(raw)
	if err != nil {
		return initiation{}, errors.New("the query cannot be read")
	}
	if r.Method == http.MethodPost {
		if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/x-www-form-urlencoded" {
			return initiation{}, errNotAForm
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxInitiation)
		if err := r.ParseForm(); err != nil {
			return initiation{}, fmt.Errorf("the form cannot be read: %w", err)
		}
		q = r.PostForm
	}
	var asked initiation
	for _, p := range []struct {
		name string
		to   *string
	}{
		{"iss", &asked.issuer}, {"login_hint", &asked.hint}, {"target_link_uri", &asked.target},
	} {
		switch values := q[p.name]; len(values) {
		case 0:
		case 1:
			*p.to = values[0]
		default:
			return initiation{}, fmt.Errorf("parameter %s comes twice", p.name)
		}
	}
	return asked, nil
}

var errNotAForm = errors.New("the body is not application/x-www-form-urlencoded")

// ownIssuer reports whether a third party means the configured issuer. Okta names
// itself by the org, `https://acme.okta.com`, even where the application uses one of
// the org's custom authorization servers, whose issuer is
// `https://acme.okta.com/oauth2/…`. The sign-in goes to the configured one either
// way.
func ownIssuer(configured, named string) bool {
	return named != "" && (named == configured || named == provider.OrgIssuer(configured))
}

// localTarget turns a target_link_uri into a return path. It takes an address of the
// very origin that was asked, or a path, by the rules of return paths. Anything else
// becomes the start page. The origin is compared as text, since parsers of URLs
// disagree about odd ones.
func (rp *RelyingParty) localTarget(o origin.Origin, raw string) string {
	if rest, ours := strings.CutPrefix(raw, o.String()); ours {
		raw = rest
	}
	return rp.paths.Clean(raw)
}

// initiatePath is the GET form of a request that came as POST.
func (rp *RelyingParty) initiatePath(issuer, hint, target string) string {
	q := url.Values{"iss": {issuer}}
	if hint != "" {
		q.Set("login_hint", hint)
	}
	if target != returnpath.Start {
		q.Set("target_link_uri", target)
	}
	return rp.config.BasePath + route.Initiate + "?" + q.Encode()
}

func (rp *RelyingParty) invalidInitiation(err error) *problem.Problem {
	p := &problem.Problem{
		Status: http.StatusBadRequest,
		Code:   "invalid_initiation",
		Title:  "This is no request to sign in",
		Detail: "The page that led here did not ask in the way that sign-in needs. You can sign in from here.",
		Ways:   []problem.Way{{Label: "Sign in", Href: rp.loginPath("", "")}},
		Err:    err,
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		p.Status = http.StatusRequestEntityTooLarge
	} else if errors.Is(err, errNotAForm) {
		p.Status = http.StatusUnsupportedMediaType
	}
	return p
}

func (rp *RelyingParty) unknownIssuer(named string) *problem.Problem {
	return &problem.Problem{
		Status:   http.StatusBadRequest,
		Code:     "unknown_issuer",
		Title:    "That sign-in is not for this site",
		Detail:   "The page that led here belongs to an identity provider that this site does not use. You can sign in from here.",
		Operator: "The configured issuer is " + rp.provider.Issuer() + "; the log says which one asked.",
		Ways:     []problem.Way{{Label: "Sign in", Href: rp.loginPath("", "")}},
		Err:      fmt.Errorf("iss is %q, the configured issuer %q", claims.Printable(named, maxShownText), rp.provider.Issuer()),
	}
}
