package signout

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/claims"
	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
)

const (
	// codeNoToken is for a request without a token, whose challenge names no
	// error (RFC 6750 section 3.1).
	codeNoToken = "token_required"
	// maxBody bounds a request's body, in bytes.
	maxBody = 16 << 10
	// patience bounds what a request waits for the provider's keys and for the
	// list of revocations.
	patience = 10 * time.Second
)

// UniversalLogout serves POST <base>/universal-logout: Okta's Universal Logout,
// which is Global Token Revocation (draft-parecki-oauth-global-token-revocation
// section 3; Okta, "Build Universal Logout for your app"). It ends all sessions
// of one user that began before now. The body of an answer is {"error": code};
// the status is what counts:
//
//	204  the revocation is on its way. This is also the answer for a user who
//	     never had a session here: sessions are in cookies, so nobody knows.
//	400  the body is not one sub_id of the format email or iss_sub as JSON, or
//	     names anything besides.
//	401  there is no token, or it is not one that the issuer or its org signed
//	     for this very address, for now, and for the first time.
//	403  the token is for another application (its sub is not our client ID).
//	404  the user is another issuer's, so no session here can be theirs. Any other
//	     user may have one.
//	422  the revocation could not be recorded for every replica. Ask again, with
//	     a new token.
//
// Besides these, 503 says that the issuer's keys could not be read, so that
// nobody can say whether the token is good.
func (h *Handler) UniversalLogout(w http.ResponseWriter, r *http.Request) {
	if err := h.universalLogout(w, r); err != nil {
		h.refuse(w, r, route.UniversalLogout, err)
		return
	}
	noStore(w)
	w.WriteHeader(http.StatusNoContent)
}

func (h *Handler) universalLogout(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	raw, err := bearer(r)
	if err != nil {
		return err
	}
	t, err := h.read(raw, rules{
		types: []string{"global-token-revocation+jwt"}, audiences: h.audiences, issuer: h.config.issuer, check: h.ownApplication,
	})
	if err != nil {
		return err
	}
	who, err := h.readSubject(w, r)
	if err != nil {
		return err
	}
	if err := h.prove(ctx, t); err != nil {
		return err
	}
	if err := h.endUser(ctx, who); err != nil {
		return err
	}
	h.tellEnded(ctx, moment.Universal, moment.Of(h.config.Issuer.Name, who.subject))
	h.log.InfoContext(ctx, "signed out by universal logout", slog.String("format", who.format), slog.String("sub", who.subject), slog.String("jti", printable(t.id)))
	return nil
}

// ownApplication checks that the token is for our application: one org signs for
// many, with the same keys.
func (h *Handler) ownApplication(c claims.Set) error {
	sub, err := c.Text("sub", maxName)
	if err != nil {
		return invalid("%w", err)
	}
	if sub != h.config.ClientID {
		return &refusal{status: http.StatusForbidden, code: "other_application", reason: fmt.Errorf("sub is %q, which is not our client ID", printable(sub))}
	}
	return nil
}

// endUser ends the sessions of one user.
func (h *Handler) endUser(ctx context.Context, who subject) error {
	var err error
	if who.format == formatEmail {
		err = h.sessions.EndEmail(ctx, who.email)
	} else {
		if _, ours := h.config.issuer(who.issuer); !ours {
			return &refusal{status: http.StatusNotFound, code: "user_not_found", reason: fmt.Errorf("sub_id's iss is %q, which is none of ours", printable(who.issuer))}
		}
		// Okta's user IDs are the org's, whichever of its authorization servers
		// a session came from.
		err = h.sessions.EndSubject(ctx, h.config.Issuer.Name, who.subject)
	}
	if err != nil {
		return &refusal{status: http.StatusUnprocessableEntity, code: "not_signed_out", reason: fmt.Errorf("the revocation could not be recorded: %w", err)}
	}
	return nil
}

// bearer returns the token of the one Authorization header (RFC 6750 section
// 2.1).
func bearer(r *http.Request) (string, error) {
	values := r.Header.Values("Authorization")
	if len(values) == 0 {
		return "", &refusal{status: http.StatusUnauthorized, code: codeNoToken, reason: fmt.Errorf("no Authorization header")}
	}
	scheme, value, _ := strings.Cut(values[0], " ")
	if len(values) > 1 || !strings.EqualFold(scheme, "Bearer") {
		return "", invalid("the Authorization header is not one bearer token")
	}
	return strings.TrimSpace(value), nil
}

// readBody reads a body of the given media type, to its end. A body of more than
// maxBody bytes is refused.
func readBody(w http.ResponseWriter, r *http.Request, mediaType string) ([]byte, error) {
	if got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || got != mediaType {
		return nil, malformed("the content type is not %s", mediaType)
	}
	if r.ContentLength > maxBody {
		return nil, malformed("the body has %d bytes", r.ContentLength)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, malformed("read the body: %w", err)
	}
	return body, nil
}
