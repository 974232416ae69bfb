package signout

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/page"
)

// endingSession is the id of the session that signOut ends.
func (s *SignOut) endingSession(r *http.Request, hint logoutHint) string {
	id := org.CookieSession(r)
	if _, live := s.org.Sessions.Get(id, false); live {
		return id
	}
	return s.org.Sessions.OfToken(hint.ID)
}

// frameTemplate is the page between sign-out and the app. The load event waits
// for the frames.
var frameTemplate = template.Must(template.New("frames").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Signing out</title></head>
<body>
<p>Signing out of your other apps.</p>
{{range .Frames}}<iframe hidden src="{{.}}" title="sign-out"></iframe>
{{end}}{{if .Back}}<p><a id="continue" href="{{.Back}}">Continue</a></p>
<script nonce="{{.Nonce}}">
const go = () => location.replace(document.getElementById("continue").href);
addEventListener("load", go);
setTimeout(go, 5000);
</script>{{end}}
</body>
</html>
`))

// tellParticipants tells the other apps of an ended session (Okta: "Configure
// Single Logout"; the app that began the sign-out is not told). It writes the
// page with the frames and reports true, unless no app has one.
func (s *SignOut) tellParticipants(w http.ResponseWriter, r *http.Request, sessionID string, by *org.Client, back string) bool {
	var frames []string
	for _, p := range s.org.Sessions.TakeParticipants(sessionID) {
		client, there := s.org.Client(p.Client) // as it is set now
		if !there || client.ID == by.ID {
			continue
		}
		told := client.SingleLogout
		if told.BackchannelURI != "" {
			// What becomes of it is an event, and stops nothing.
			_, _ = s.SendLogoutToken(r.Context(), LogoutToken{Client: client.ID, SID: org.SID(sessionID)})
		}
		if uri := told.FrontchannelURI; uri != "" {
			if told.SessionRequired {
				uri = org.WithQuery(uri, url.Values{"iss": {p.Issuer}, "sid": {org.SID(sessionID)}})
			}
			frames = append(frames, uri)
			s.org.Note(org.Event{Name: org.EventFrontchannelLogout, Client: client.ID, Issuer: p.Issuer})
		}
	}
	if len(frames) == 0 {
		return false
	}
	if state := r.Form.Get("state"); state != "" && back != "" {
		back = org.WithQuery(back, url.Values{"state": {state}})
	}
	nonce := org.RandomToken()
	var body bytes.Buffer
	if err := frameTemplate.Execute(&body, map[string]any{"Frames": frames, "Back": back, "Nonce": nonce}); err != nil {
		s.org.InternalError(w, err)
		return true
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; script-src 'nonce-"+nonce+"'; frame-src "+strings.Join(page.Origins(frames), " "))
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache, no-store")
	_, _ = w.Write(body.Bytes()) // the client has gone; nobody is left to tell
	return true
}
