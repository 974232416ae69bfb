package federation

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/page"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/signin"
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
	state = org.RandomToken()
	st.mu.Lock()
	defer st.mu.Unlock()
	h.created = st.now()
	for id, old := range st.byID {
		if h.created.Sub(old.created) >= signin.Age {
			delete(st.byID, id)
		}
	}
	st.byID[org.Fingerprint(state)] = h
	return state
}

// take returns a hop once, and to the browser that started it alone. Another
// browser's attempt leaves it as it was.
func (st *hopStore) take(state, device string) (hop, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	id := org.Fingerprint(state)
	h, ok := st.byID[id]
	if !ok || device == "" || h.device != device {
		return hop{}, false
	}
	delete(st.byID, id)
	return h, st.now().Sub(h.created) < signin.Age
}

// IdentityProviderCallback is the redirect URI to register at the identity
// providers.
func (s *Federation) IdentityProviderCallback() string {
	return s.org.PublicURL + "/oauth2/v1/authorize/callback"
}

// serveSSO sends a browser to an identity provider: /sso/idps/{id} with the
// stateToken of a sign-in (Identity Engine) or a fromURI (Classic), and the
// login_hint for the provider.
func (s *Federation) serveSSO(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	idp, ok := s.idps.get(r.PathValue("id"))
	if !ok || idp.Inactive {
		s.org.Note(org.Event{Name: org.EventRequestRefused, Detail: "unknown or inactive identity provider"})
		s.pages.Render(w, http.StatusNotFound, "error", page.Page{
			Title: "404", Message: "Page Not Found", Lead: "The page you are looking for cannot be found.",
			ErrorCode: "E0000007", Description: "The identity provider does not exist or is inactive.",
		})
		return
	}
	h := hop{idp: idp.ID, device: s.org.Device(w, r)}
	if token := query.Get("stateToken"); token != "" {
		t, ok := s.signIn.Find(w, r, token)
		if !ok {
			return
		}
		if t.Done() {
			s.signIn.Continue(w, r, t)
			return
		}
		h.stateToken = t.StateToken
	} else {
		from, err := s.localURI(query.Get("fromURI"))
		if err != nil {
			s.pages.Refuse(w, "", org.OAuth("invalid_request", "The 'fromURI' parameter is not allowed: "+err.Error()+"."))
			return
		}
		h.fromURI = from
	}
	s.startHop(w, r, idp, h, query.Get("login_hint"))
}

// localURI returns a fromURI as a path and query of this org, or says why it
// must not be followed. An empty one is the org's home page.
func (s *Federation) localURI(raw string) (string, error) {
	if raw == "" {
		return "/", nil
	}
	if strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
		return "", errors.New("it has characters that no URL has")
	}
	raw = strings.TrimPrefix(raw, s.org.PublicURL)
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
func (s *Federation) startHop(w http.ResponseWriter, r *http.Request, idp IdentityProvider, h hop, loginHint string) {
	m, err := s.resolve(r.Context(), idp)
	if err != nil {
		s.hopFailed(w, r, h, err.Error())
		return
	}
	h.nonce, h.verifier = org.RandomToken(), oauth2.GenerateVerifier()
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(h.verifier), oauth2.SetAuthURLParam("nonce", h.nonce)}
	if loginHint != "" && !s.org.Fires(org.FaultDropLoginHint) {
		options = append(options, oauth2.SetAuthURLParam("login_hint", loginHint))
	}
	s.org.Note(org.Event{Name: org.EventFederationStarted, Provider: idp.ID})
	org.Redirect(w, r, s.oauthConfig(idp, m).AuthCodeURL(s.hops.start(h), options...), http.StatusFound)
}

// serveIDPCallback is where an identity provider sends the browser back.
func (s *Federation) serveIDPCallback(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	h, ok := s.hops.take(query.Get("state"), org.DeviceOf(r))
	if !ok {
		s.pages.Refuse(w, "", org.OAuth("invalid_request", "The state of the identity provider's answer is unknown, used or expired, or belongs to another browser."))
		return
	}
	idp, ok := s.idps.get(h.idp)
	iss := query.Get("iss")
	switch {
	case !ok || idp.Inactive:
		s.hopFailed(w, r, h, "the identity provider is gone or inactive")
		return
	case s.org.Fires(org.FaultIDPFailure):
		s.hopFailed(w, r, h, org.FaultIDPFailure)
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
func (s *Federation) hopDone(w http.ResponseWriter, r *http.Request, h hop, user org.User, amr []string) {
	signedIn := org.Event{Name: org.EventFederated, User: user.ID, Provider: h.idp}
	if h.stateToken == "" {
		s.org.StartSession(w, r, user, amr, h.idp)
		s.org.Note(signedIn)
		org.Redirect(w, r, h.fromURI, http.StatusSeeOther)
		return
	}
	t, ok := s.signIn.Find(w, r, h.stateToken)
	if !ok {
		return
	}
	signedIn.Client, signedIn.Issuer = t.Request.Client.ID, t.Request.Issuer.URL
	session := s.org.StartSession(w, r, user, amr, h.idp)
	s.org.Note(signedIn)
	s.signIn.SignedIn(w, r, t, session)
}

// hopFailed shows the sign-in page with Okta's error and its usual form. The
// reason goes to the event log alone, as at Okta.
func (s *Federation) hopFailed(w http.ResponseWriter, r *http.Request, h hop, why string) {
	s.org.Note(org.Event{Name: org.EventFederationFailed, Provider: h.idp, Detail: why})
	if h.stateToken != "" {
		t, ok := s.signIn.Find(w, r, h.stateToken)
		if !ok {
			return
		}
		s.signIn.Fail(w, r, t, textIDPFailed, keyIDPFailed)
		return
	}
	a, ok := s.servers.Replay(h.fromURI)
	if !ok {
		s.pages.Render(w, http.StatusBadRequest, "error", page.Page{Title: "Sign In", Message: textIDPFailed, LinkHref: h.fromURI, LinkText: "Back to sign in"})
		return
	}
	s.signIn.Fail(w, r, s.signIn.Start(w, r, a, h.fromURI, ""), textIDPFailed, keyIDPFailed)
}
