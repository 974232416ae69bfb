package okta

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// SingleLogout is an app's part in sign-outs that begin elsewhere.
type SingleLogout struct {
	// FrontchannelURI is loaded in a hidden frame when the user signs out of
	// another app (Okta: participate_slo and frontchannel_logout_uri).
	FrontchannelURI string
	// SessionRequired adds iss and sid to it, and the claim sid to ID tokens
	// (frontchannel_logout_session_required).
	SessionRequired bool
	// BackchannelURI is sent a logout token when the user signs out of another
	// app (OpenID Connect Back-Channel Logout 1.0). Okta has no such setting;
	// Auth0 has. It adds the claim sid to ID tokens too.
	BackchannelURI string
}

func (l SingleLogout) check() error {
	for _, uri := range []string{l.FrontchannelURI, l.BackchannelURI} {
		if uri == "" {
			continue
		}
		if err := checkRedirect(uri); err != nil {
			return err
		}
	}
	return nil
}

// singleLogoutOf reads it out of an app of the management API.
func singleLogoutOf(o managed) SingleLogout {
	if participates, _ := at(o, "settings", "oauthClient", "participate_slo").(bool); !participates {
		return SingleLogout{}
	}
	session, _ := at(o, "settings", "oauthClient", "frontchannel_logout_session_required").(bool)
	return SingleLogout{FrontchannelURI: text(o, "settings", "oauthClient", "frontchannel_logout_uri"), SessionRequired: session}
}

// participant is an app that a session has signed the user in at.
type participant struct {
	client *Client
	issuer *issuer
}

// participantStore holds the apps of each SSO session. The zero value is empty.
type participantStore struct {
	mu        sync.Mutex
	bySession map[string][]participant
}

func (st *participantStore) add(sessionID string, p participant) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.bySession == nil {
		st.bySession = map[string][]participant{}
	}
	if !slices.Contains(st.bySession[sessionID], p) {
		st.bySession[sessionID] = append(st.bySession[sessionID], p)
	}
}

// take returns the apps of a session that has ended, and forgets them.
func (st *participantStore) take(sessionID string) []participant {
	st.mu.Lock()
	defer st.mu.Unlock()
	all := st.bySession[sessionID]
	delete(st.bySession, sessionID)
	return all
}

// sidOf is the sid of a session: not the fingerprint of its cookie, but as good
// a name.
func sidOf(sessionID string) string { return "102" + fingerprint("sid " + sessionID)[:22] }

// addSessionID notes that the app takes part in the session, and puts the sid
// into the ID token if the app is to know it.
func (s *Server) addSessionID(claims map[string]any, g *grant) {
	if g.sessionID == "" {
		return
	}
	s.participants.add(g.sessionID, participant{g.client, g.issuer})
	if l := g.client.SingleLogout; l.FrontchannelURI != "" && l.SessionRequired || l.BackchannelURI != "" {
		claims["sid"] = sidOf(g.sessionID)
	}
}

// SessionID returns the sid of the user's session (id or login), as ID tokens
// name it, "" for none. With several sessions it is any of them.
func (s *Server) SessionID(idOrLogin string) string {
	u, ok := s.users.find(idOrLogin)
	if !ok {
		return ""
	}
	s.sessions.mu.Lock()
	defer s.sessions.mu.Unlock()
	for id, session := range s.sessions.byID {
		if session.userID == u.ID {
			return sidOf(id)
		}
	}
	return ""
}

// endingSession is the id of the session that signOut ends.
func (s *Server) endingSession(r *http.Request, hint logoutHint) string {
	id := sessionID(r)
	if _, live := s.sessions.get(id, false); live {
		return id
	}
	return s.grants.sessionOf(hint.ID)
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
func (s *Server) tellParticipants(w http.ResponseWriter, r *http.Request, sessionID string, by *Client, back string) bool {
	var frames []string
	for _, p := range s.participants.take(sessionID) {
		client, there := s.clients.get(p.client.ID) // as it is set now
		if !there || client.ID == by.ID {
			continue
		}
		told := client.SingleLogout
		if told.BackchannelURI != "" {
			// What becomes of it is an event, and stops nothing.
			_, _ = s.SendLogoutToken(r.Context(), LogoutToken{Client: client.ID, SID: sidOf(sessionID)})
		}
		if uri := told.FrontchannelURI; uri != "" {
			if told.SessionRequired {
				uri = withQuery(uri, url.Values{"iss": {p.issuer.url}, "sid": {sidOf(sessionID)}})
			}
			frames = append(frames, uri)
			s.events.add(Event{Name: EventFrontchannelLogout, Client: client.ID, Issuer: p.issuer.url})
		}
	}
	if len(frames) == 0 {
		return false
	}
	if state := r.Form.Get("state"); state != "" && back != "" {
		back = withQuery(back, url.Values{"state": {state}})
	}
	nonce := randomToken()
	var body bytes.Buffer
	if err := frameTemplate.Execute(&body, map[string]any{"Frames": frames, "Back": back, "Nonce": nonce}); err != nil {
		s.internalError(w, err)
		return true
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; script-src 'nonce-"+nonce+"'; frame-src "+strings.Join(origins(frames), " "))
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache, no-store")
	_, _ = w.Write(body.Bytes()) // the client has gone; nobody is left to tell
	return true
}
