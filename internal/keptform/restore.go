package keptform

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Restore turns a request that sends a kept form again, or another site's, into the
// request that was posted first. Any other request it leaves as it is. The caller has
// made sure that the request is a form that a page of this origin posted, and for a
// user.
//
// Its problems: form_invalid, form_of_another_user, form_sent_already, and
// resend_unavailable.
func (f *Forms) Restore(w http.ResponseWriter, r *http.Request, target string, s *session.Session) error {
	if s == nil || r.Method != http.MethodPost || r.Body == nil || !isPlain(r.Header.Get("Content-Type")) {
		return nil
	}
	body, again := f.sentAgain(r)
	if again == nil {
		r.Body = body
		return nil
	}
	one, err := f.takeBack(w, r, s, again)
	if errors.Is(err, errBusy) {
		return f.refused(r, again, target, "resend_unavailable", http.StatusServiceUnavailable, "Too many forms came at a time. Reload this page in a moment.", err)
	}
	if err != nil {
		return f.refused(r, again, target, "form_invalid", http.StatusBadRequest,
			"It may be too old: forms are kept for "+strconv.Itoa(int(again.kept/time.Minute))+" minutes. Nothing was sent.", err)
	}
	switch {
	case one.Path != target:
		return f.refused(r, again, target, "form_invalid", http.StatusBadRequest, "It belongs to another page. Nothing was sent.", errors.New("the form was posted to another address"))
	case !one.allows(s):
		return f.refused(r, again, target, "form_of_another_user", http.StatusForbidden,
			"Somebody else filled it in before you signed in in this browser. Nothing was sent.", errors.New("the form is another user's"))
	}
	fresh, err := f.once.Once(r.Context(), again.once+one.ID, again.kept)
	switch {
	case err != nil:
		return f.refused(r, again, target, "resend_unavailable", http.StatusServiceUnavailable, "That it was not sent before cannot be told right now. Reload this page in a moment.", err)
	case !fresh:
		return f.refused(r, again, target, "form_sent_already", http.StatusConflict, "It goes through once. Look whether the app has it.", errors.New("the form was sent before"))
	}
	which := []any{slog.String("path", r.URL.Path), slog.Int("bytes", len(one.body)), slog.String("sub", s.Subject)}
	one.become(r)
	if again.foreign {
		f.moments.Tell(r.Context(), moment.Moment{Kind: moment.FormReposted, Session: s})
		f.log.InfoContext(r.Context(), "form of another site posted again", append(which, slog.String("origin", one.Origin))...)
		// The app's own defense against forgery must see what came.
		set(r.Header, "Sec-Fetch-Site", one.Site)
		r.Header.Del("Sec-Fetch-User")
		return nil
	}
	f.moments.Tell(r.Context(), moment.Moment{Kind: moment.FormSentAgain, Session: s})
	f.log.InfoContext(r.Context(), "kept form sent again", which...)
	return nil
}

var errBusy = errors.New("too many at a time")

// takeBack reads and opens the form behind the marker.
func (f *Forms) takeBack(w http.ResponseWriter, r *http.Request, s *session.Session, again *way) (*form, error) {
	giveBack, ok := f.users.take(r.Context(), s.Issuer+" "+s.Subject)
	if !ok {
		return nil, errBusy
	}
	defer giveBack()
	defer f.patiently(w)()
	sealed, err := f.readSealed(w, r)
	if err != nil {
		return nil, err
	}
	return open(again.crate, sealed)
}

// become makes the request the one that was posted first.
func (one *form) become(r *http.Request) {
	_ = r.Body.Close() // read to its end
	r.Body = io.NopCloser(bytes.NewReader(one.body))
	r.ContentLength = int64(len(one.body))
	r.TransferEncoding = nil
	r.Header.Set("Content-Length", strconv.Itoa(len(one.body)))
	r.Header.Set("Content-Type", one.Type)
	set(r.Header, "Origin", one.Origin)
	set(r.Header, "Referer", one.Referer)
}

func set(h http.Header, name, value string) {
	if value == "" {
		h.Del(name)
	} else {
		h.Set(name, value)
	}
}

func (f *Forms) refused(r *http.Request, again *way, target, code string, status int, detail string, err error) error {
	f.moments.Tell(r.Context(), moment.Moment{Kind: moment.FormRefused, Cause: code})
	f.log.WarnContext(r.Context(), "kept form not sent", slog.String("code", code), slog.String("error", err.Error()))
	on := problem.Way{Label: "Go to the start page", Href: "/"}
	if again.foreign {
		// To where the other site sent its user; the login route knows good paths.
		on = problem.Way{Label: "Go on without the form", Href: f.base + route.Login + "?return=" + url.QueryEscape(target)}
	}
	return &problem.Problem{
		Status: status, Code: code, Title: "This form cannot be sent again", Detail: detail, Err: err, Ways: []problem.Way{on},
	}
}
