package caddymodule

import (
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/fetchmeta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
	"github.com/passkey-sidecar/passkey-sidecar/internal/sharedcache"
)

// discreet is an answer that has something to tell the browser of its session: a
// cookie that is sealed again, one to drop, or when it ends. It waits until the
// answer's header is known and tells nothing where a shared cache may keep that and
// hand it to somebody else. Then the next answer tells it; nothing is lost.
//
// It is the one way in which a cookie of ours gets into an answer of the app.
type discreet struct {
	caddyhttp.ResponseWriterWrapper
	p *Passkeys
	r *http.Request
	// came is the request's Cookie field, which loses ours on its way to the app.
	came []string
	// cookie tells to write the cookie of session, or to drop that of one that is over
	// where session is nil.
	cookie  bool
	session *session.Session
	// ends is whose end the header tells, nil for none.
	ends *session.Session
	// late tells that no answer could carry the cookie for long.
	late bool
	// said is set once the header is known.
	said bool
}

// changed has the answer tell that a refresh has changed a session, or ended it:
// became is nil then.
func (p *Passkeys) changed(w http.ResponseWriter, r *http.Request, was, became *session.Session) http.ResponseWriter {
	if fetchmeta.ForFile(r) {
		return w // the page itself comes more often than a cookie is due
	}
	return &discreet{
		ResponseWriterWrapper: caddyhttp.ResponseWriterWrapper{ResponseWriter: w}, p: p, r: r, came: r.Header["Cookie"],
		session: became, cookie: true, late: p.sessions.Late(was),
	}
}

// tell has the app's answer slide the session's idle time where that is due, and
// tell its end.
func (p *Passkeys) tell(w http.ResponseWriter, r *http.Request, d gate.Decision) http.ResponseWriter {
	a, has := w.(*discreet)
	due := !has && d.Session != nil && !d.Bearer && p.sessions.Due(d.Session)
	expiry := p.ExpiryHeader != "" && d.Session != nil
	switch {
	case !has && !due && !expiry, fetchmeta.ForFile(r):
		return w
	case !has:
		a = &discreet{
			ResponseWriterWrapper: caddyhttp.ResponseWriterWrapper{ResponseWriter: w}, p: p, r: r,
			session: d.Session, cookie: due, late: due && p.sessions.Late(d.Session),
		}
	}
	if expiry {
		a.ends = d.Session
	}
	if a.late && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		// "Not modified" changes an answer that some cache keeps, and so cannot carry a
		// cookie. An app that says nothing else would let its users go idle.
		r.Header.Del("If-None-Match")
		r.Header.Del("If-Modified-Since")
	}
	return a
}

// WriteHeader implements http.ResponseWriter.
func (a *discreet) WriteHeader(status int) {
	// Others of the hundreds are not the answer yet.
	if !a.said && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		a.said = true
		if a.may(status) {
			a.say()
		}
	}
	a.ResponseWriterWrapper.WriteHeader(status)
}

// may reports whether the answer is for this browser only, and makes it so where the
// app has not said: a shared cache could then keep it by a rule of thumb.
func (a *discreet) may(status int) bool {
	if status == http.StatusSwitchingProtocols {
		return true // no cache keeps a connection
	}
	switch sharedcache.Of(a.Header(), time.Now) {
	case sharedcache.Denied:
		return true
	case sharedcache.Unsaid:
		if status == http.StatusNotModified {
			return false // what it says is said of the answer that is kept
		}
		sharedcache.Deny(a.Header())
		return true
	default:
		return false
	}
}

func (a *discreet) say() {
	switch {
	case !a.cookie:
	case a.session == nil:
		a.p.sessions.Forget(a, &http.Request{Header: http.Header{"Cookie": a.came}})
	default:
		if err := a.p.sessions.Renew(a, a.session); err != nil {
			a.p.log.WarnContext(a.r.Context(), "session not stored in the browser", slog.String("sub", a.session.Subject), slog.Any("error", err))
		}
	}
	if a.ends != nil {
		a.Header().Set(a.p.ExpiryHeader, strconv.FormatInt(a.p.sessions.Ends(a.ends).Unix(), 10))
	}
}

// Write implements http.ResponseWriter.
func (a *discreet) Write(b []byte) (int, error) {
	a.begin()
	return a.ResponseWriter.Write(b)
}

// ReadFrom implements io.ReaderFrom, so that files still go out by sendfile.
func (a *discreet) ReadFrom(r io.Reader) (int64, error) {
	a.begin()
	return a.ResponseWriterWrapper.ReadFrom(r)
}

// FlushError implements what http.ResponseController looks for.
func (a *discreet) FlushError() error {
	a.begin()
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// begin writes the header of an answer that begins without.
func (a *discreet) begin() {
	if !a.said {
		a.WriteHeader(http.StatusOK)
	}
}
