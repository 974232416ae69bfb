package okta

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// The Identity Engine's answer to every failure at an identity provider. The
// text is what the widget has for the key.
const (
	textIDPFailed = "There was a problem signing you into your identity provider. Please contact your administrator for help."
	keyIDPFailed  = "idx.identity.provider.auth.error"
)

// hop is a browser's way to an identity provider and back. Either a sign-in
// waits for it (stateToken), or it goes to fromURI afterwards.
type hop struct {
	idp        string
	stateToken string
	fromURI    string
	device     string
	nonce      string
	verifier   string
	created    time.Time
}

// hopStore holds the hops by the state parameter that was sent along.
type hopStore struct {
	now  func() time.Time
	mu   sync.Mutex
	byID map[string]hop
}

func newHopStore(now func() time.Time) *hopStore { return &hopStore{now: now, byID: map[string]hop{}} }

func (st *hopStore) start(h hop) (state string) {
	state = randomToken()
	st.mu.Lock()
	defer st.mu.Unlock()
	h.created = st.now()
	for id, old := range st.byID {
		if h.created.Sub(old.created) >= transactionAge {
			delete(st.byID, id)
		}
	}
	st.byID[fingerprint(state)] = h
	return state
}

// take returns a hop once, and to the browser that started it alone. Another
// browser's attempt leaves it as it was.
func (st *hopStore) take(state, device string) (hop, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	id := fingerprint(state)
	h, ok := st.byID[id]
	if !ok || device == "" || h.device != device {
		return hop{}, false
	}
	delete(st.byID, id)
	return h, st.now().Sub(h.created) < transactionAge
}

// IdentityProviderCallback is the redirect URI to register at the identity
// providers.
func (s *Server) IdentityProviderCallback() string {
	return s.config.PublicURL + "/oauth2/v1/authorize/callback"
}

// serveSSO sends a browser to an identity provider: /sso/idps/{id} with the
// stateToken of a sign-in (Identity Engine) or a fromURI (Classic), and the
// login_hint for the provider.
func (s *Server) serveSSO(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	idp, ok := s.idps.get(r.PathValue("id"))
	if !ok || idp.Inactive {
		s.events.add(Event{Name: EventRequestRefused, Detail: "unknown or inactive identity provider"})
		s.render(w, http.StatusNotFound, "error", page{
			Title: "404", Message: "Page Not Found", Lead: "The page you are looking for cannot be found.",
			ErrorCode: "E0000007", Description: "The identity provider does not exist or is inactive.",
		})
		return
	}
	h := hop{idp: idp.ID, device: s.device(w, r)}
	if token := query.Get("stateToken"); token != "" {
		t, ok := s.transaction(w, r, token)
		if !ok {
			return
		}
		if t.step == stepDone {
			s.redirect(w, r, tokenRedirectURL(t.stateToken), http.StatusSeeOther)
			return
		}
		h.stateToken = t.stateToken
	} else {
		from, err := s.localURI(query.Get("fromURI"))
		if err != nil {
			s.refuse(w, "", &protocolError{"invalid_request", "The 'fromURI' parameter is not allowed: " + err.Error() + "."})
			return
		}
		h.fromURI = from
	}
	s.startHop(w, r, idp, h, query.Get("login_hint"))
}

// localURI returns a fromURI as a path and query of this org, or says why it
// must not be followed. An empty one is the org's home page.
func (s *Server) localURI(raw string) (string, error) {
	if raw == "" {
		return "/", nil
	}
	if strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
		return "", errors.New("it has characters that no URL has")
	}
	raw = strings.TrimPrefix(raw, s.config.PublicURL)
	u, err := url.Parse(raw)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil {
		return "", errors.New("it leads to another host")
	}
	if !strings.HasPrefix(raw, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(u.Path, "\\\r\n\t") {
		return "", errors.New("it leads to another host")
	}
	return u.RequestURI(), nil
}

// startHop redirects to the provider's authorization endpoint.
func (s *Server) startHop(w http.ResponseWriter, r *http.Request, idp IdentityProvider, h hop, loginHint string) {
	m, err := s.resolve(r.Context(), idp)
	if err != nil {
		s.hopFailed(w, r, h, err.Error())
		return
	}
	h.nonce, h.verifier = randomToken(), oauth2.GenerateVerifier()
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(h.verifier), oauth2.SetAuthURLParam("nonce", h.nonce)}
	if loginHint != "" && !s.fault(FaultDropLoginHint) {
		options = append(options, oauth2.SetAuthURLParam("login_hint", loginHint))
	}
	s.events.add(Event{Name: EventFederationStarted, Provider: idp.ID})
	s.redirect(w, r, s.oauthConfig(idp, m).AuthCodeURL(s.hops.start(h), options...), http.StatusFound)
}

// serveIDPCallback is where an identity provider sends the browser back.
func (s *Server) serveIDPCallback(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	h, ok := s.hops.take(query.Get("state"), deviceOf(r))
	if !ok {
		s.refuse(w, "", &protocolError{"invalid_request", "The state of the identity provider's answer is unknown, used or expired, or belongs to another browser."})
		return
	}
	idp, ok := s.idps.get(h.idp)
	iss := query.Get("iss")
	switch {
	case !ok || idp.Inactive:
		s.hopFailed(w, r, h, "the identity provider is gone or inactive")
		return
	case s.fault(FaultIDPFailure):
		s.hopFailed(w, r, h, FaultIDPFailure)
		return
	case iss != "" && iss != idp.Issuer: // RFC 9207
		s.hopFailed(w, r, h, "the answer is another issuer's")
		return
	case query.Has("error"):
		s.hopFailed(w, r, h, "the identity provider answered "+plain(query.Get("error")))
		return
	case query.Get("code") == "":
		s.hopFailed(w, r, h, "the answer has no code")
		return
	}
	claims, err := s.redeem(r.Context(), idp, h, query.Get("code"))
	if err != nil {
		s.hopFailed(w, r, h, err.Error())
		return
	}
	amr, err := idp.methods(claims.AMR)
	if err != nil {
		s.hopFailed(w, r, h, err.Error())
		return
	}
	user, err := s.link(idp, claims)
	if err != nil {
		s.hopFailed(w, r, h, err.Error())
		return
	}
	s.hopDone(w, r, h, user, amr)
}

// methods is the amr of a sign-in at the provider. Without TrustClaims it
// counts as one factor of another organisation, whatever the provider says.
func (p *IdentityProvider) methods(amr []string) ([]string, error) {
	if !p.TrustClaims {
		return []string{"fed"}, nil
	}
	amr = slices.DeleteFunc(slices.Clone(amr), func(v string) bool { return !slices.Contains(knownMethods, v) })
	if len(amr) == 0 {
		return nil, errors.New("claims are trusted, but the ID token has no amr that Okta knows")
	}
	return amr, nil
}

// knownMethods are the amr values that Okta takes from identity providers
// (Okta: "Use AMR claims with an identity provider").
var knownMethods = []string{
	"face", "fpt", "iris", "retina", "vbm", "hwk", "kba", "mfa", "otp", "pwd", "sc", "sms", "swk", "tel", "pop", "phr",
}

// hopDone signs the user in and goes on where the hop came from.
func (s *Server) hopDone(w http.ResponseWriter, r *http.Request, h hop, user User, amr []string) {
	signedIn := Event{Name: EventFederated, User: user.ID, Provider: h.idp}
	if h.stateToken == "" {
		s.startSession(w, r, user, amr, h.idp)
		s.events.add(signedIn)
		s.redirect(w, r, h.fromURI, http.StatusSeeOther)
		return
	}
	t, ok := s.transaction(w, r, h.stateToken)
	if !ok {
		return
	}
	signedIn.Client, signedIn.Issuer = t.request.client.ID, t.request.issuer.url
	t.sessionID = s.startSession(w, r, user, amr, h.idp)
	t.step, t.message, t.messageKey, t.fieldMessage = stepDone, "", "", ""
	s.events.add(signedIn)
	s.advance(w, r, t)
}

// hopFailed shows the sign-in page with Okta's error and its usual form. The
// reason goes to the event log alone, as at Okta.
func (s *Server) hopFailed(w http.ResponseWriter, r *http.Request, h hop, why string) {
	s.events.add(Event{Name: EventFederationFailed, Provider: h.idp, Detail: why})
	if h.stateToken != "" {
		t, ok := s.transaction(w, r, h.stateToken)
		if !ok {
			return
		}
		t.step, t.message, t.messageKey, t.fieldMessage = stepIdentify, textIDPFailed, keyIDPFailed, ""
		s.advance(w, r, t)
		return
	}
	a, restart, ok := s.replay(h.fromURI)
	if !ok {
		s.render(w, http.StatusBadRequest, "error", page{Title: "Sign In", Message: textIDPFailed, LinkHref: h.fromURI, LinkText: "Back to sign in"})
		return
	}
	t := s.transactions.start(transaction{
		device: h.device, request: a, restart: restart, identifier: a.loginHint, message: textIDPFailed, messageKey: keyIDPFailed,
	})
	s.redirect(w, r, signInURL(t.stateToken), http.StatusSeeOther)
}

// replay reads the /authorize request that a fromURI repeats.
func (s *Server) replay(fromURI string) (*authorizeRequest, string, bool) {
	u, err := url.Parse(fromURI)
	if err != nil {
		return nil, "", false
	}
	for _, iss := range s.issuers {
		if u.Path != iss.path("authorize") {
			continue
		}
		client, redirectURI, refusal := s.findClient(u.Query())
		if refusal != nil {
			return nil, "", false
		}
		a, refusal := parseAuthorize(iss, client, redirectURI, u.Query())
		return a, fromURI, refusal == nil
	}
	return nil, "", false
}
