package corbado

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/go-webauthn/webauthn/protocol"
)

// The open ceremonies of one process have one place each: while the browser
// waits behind the e-mail field (conditional UI), the user may type an address.
const (
	placeLogin       = "/login"
	placeConditional = "/conditional"
)

// flagConditionalUI is the flag without which the component leaves the
// challenge for conditional UI alone.
const flagConditionalUI = "conditional-ui-allowed"

// statusDisabled is the status of a user who may not sign in.
const statusDisabled = "disabled"

// loginInitRsp opens the sign-in page's business. Token is the process id.
type loginInitRsp struct {
	Token string `json:"token"`
	initRsp
	LoginAllowed           bool   `json:"loginAllowed"`
	ConditionalUIChallenge string `json:"conditionalUIChallenge,omitempty"`
}

func (s *Server) loginInit(r *http.Request) (any, error) {
	process, rsp, err := s.begin(r)
	if err != nil {
		return nil, err
	}
	out := loginInitRsp{Token: process, initRsp: rsp, LoginAllowed: !s.faults.take(FaultLoginNotAllowed)}
	if !out.LoginAllowed || s.faults.take(FaultLoginNoConditionalUI) {
		out.Flags[flagConditionalUI] = "false" // the browser remembers an older "true"
		return out, nil
	}
	options, session, err := s.rp.ask(nil)
	if err != nil {
		return nil, err
	}
	s.ceremonies.begin(process+placeConditional, ceremony{session: session}, s.Now())
	out.Flags[flagConditionalUI] = "true"
	out.ConditionalUIChallenge = options
	// The challenge can be answered once, and by a page that has loaded since:
	// a browser must not take it out of its own store.
	out.ExpiresAt = 0
	return out, nil
}

// loginStartRsp asks the browser for an assertion. AssertionOptions is JSON in
// a string. A user without passkeys is a 200 with Error.
type loginStartRsp struct {
	AssertionOptions string      `json:"assertionOptions"`
	IsCDA            bool        `json:"isCDA"` // a passkey in another device
	Error            *loginError `json:"error,omitempty"`
}

type loginError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// The codes that the component tells apart (Corbado: Frontend API, login start).
const (
	codeNoUser    = "user_not_found"
	codeNoPasskey = "existing_passkeys_not_available"
)

func (s *Server) loginStart(r *http.Request) (any, error) {
	var in struct {
		Identifier string `json:"identifier"`
		Source     string `json:"source"`
		Token      string `json:"loginConnectToken"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	process, err := s.process(r)
	if err != nil {
		return nil, s.loginRefused(r, err)
	}
	if in.Token != "" { // as a second factor: the server has said who it is
		t, err := s.useToken(in.Token, kindLogin, "loginConnectToken", true)
		if err != nil {
			return nil, s.loginRefused(r, err)
		}
		in.Identifier = t.identifier
	}
	if in.Identifier == "" {
		return nil, s.loginRefused(r, invalid("identifier", "cannot be blank"))
	}
	u, ok := s.users.named(in.Identifier)
	switch {
	case !ok || u.status == statusDisabled || s.faults.take(FaultLoginUserUnknown):
		return s.noLogin(r, codeNoUser, "There is no user with this identifier."), nil
	case len(u.passkeys) == 0 || s.faults.take(FaultLoginNoPasskey):
		return s.noLogin(r, codeNoPasskey, "This user has no passkey that can be used here."), nil
	}
	options, session, err := s.rp.ask(&u)
	if err != nil {
		return nil, err
	}
	s.ceremonies.begin(process+placeLogin, ceremony{userID: u.id, session: session}, s.Now())
	s.journal.record(r.Context(), "login_started",
		detail{"user", u.id}, detail{"source", in.Source}, detail{"process", short(process)})
	return loginStartRsp{AssertionOptions: options, IsCDA: s.faults.take(FaultLoginOtherDevice)}, nil
}

func (s *Server) noLogin(r *http.Request, code, message string) loginStartRsp {
	s.journal.record(r.Context(), "login_not_possible",
		detail{"reason", code}, detail{"process", short(r.Header.Get(processHeader))})
	return loginStartRsp{Error: &loginError{Code: code, Message: message}}
}

// loginFinishRsp ends a sign-in. The published component hands Session to its
// page, newer ones SignedPasskeyData. What a real session holds is not
// documented; the emulator's is a random name that opens nothing.
type loginFinishRsp struct {
	Operation  passkeyOperation `json:"passkeyOperation"`
	Session    string           `json:"session"`
	SignedData string           `json:"signedPasskeyData"`
}

// loginFinish answers 404 for a passkey that was deleted, which the component
// tells from all other refusals.
func (s *Server) loginFinish(r *http.Request) (any, error) {
	var in struct {
		Response    string `json:"assertionResponse"`
		Conditional bool   `json:"isConditionalUI"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	process, err := s.process(r)
	if err != nil {
		return nil, s.loginRefused(r, err)
	}
	place := placeLogin
	if in.Conditional {
		place = placeConditional
	}
	c, ok := s.ceremonies.end(process+place, s.Now())
	if !ok {
		return nil, s.loginRefused(r, invalid("assertionResponse", "this process has no open challenge"))
	}
	u, p, err := s.signIn(c, in.Response)
	if err != nil {
		return nil, s.loginRefused(r, err)
	}
	signed, err := s.signData(u, p.id, process, in.Conditional)
	if err != nil {
		return nil, err
	}
	s.journal.record(r.Context(), "passkey_login",
		detail{"user", u.id}, detail{"name", u.displayName}, detail{"credential", p.id}, detail{"process", short(process)})
	return loginFinishRsp{
		Operation: passkeyOperation{
			OperationType: "verify", IdentifierValue: u.displayName, IdentifierType: kindOf(u.displayName),
			CeremonyType: p.ceremonyType(), AAGUIDDetails: detailsOf(p.aaguid()),
		},
		Session: "ses_" + random(alphanumeric, 30), SignedData: signed,
	}, nil
}

// signIn finds out whose passkey has answered the challenge of c.
func (s *Server) signIn(c ceremony, response string) (user, passkey, error) {
	gone := notFound("this passkey does not exist")
	if s.faults.take(FaultLoginPasskeyGone) {
		return user{}, passkey{}, gone
	}
	if s.faults.take(FaultLoginFinishDenied) {
		return user{}, passkey{}, invalid("assertionResponse", "is invalid")
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(response))
	if err != nil {
		return user{}, passkey{}, badAssertion(err)
	}
	u, ok := s.users.get(c.userID)
	if c.userID == "" {
		u, ok = s.users.withHandle(parsed.Response.UserHandle)
	}
	if !ok || u.status == statusDisabled || u.passkeyWith(parsed.RawID) == nil {
		return user{}, passkey{}, gone
	}
	key, err := s.rp.verify(u, c.session, parsed)
	if err != nil {
		return user{}, passkey{}, badAssertion(err)
	}
	// Two devices have the key, or one of them replays the other (W3C WebAuthn
	// section 6.1.1).
	if key.Authenticator.CloneWarning {
		return user{}, passkey{}, invalid("assertionResponse", "the signature counter went backwards")
	}
	p, ok := s.users.usePasskey(u.id, *key, s.Now())
	if !ok || !bytes.Equal(p.key.ID, parsed.RawID) {
		return user{}, passkey{}, gone
	}
	return u, p, nil
}

func (s *Server) loginRefused(r *http.Request, err error) error {
	s.journal.record(r.Context(), "login_refused",
		detail{"reason", err.Error()}, detail{"process", short(r.Header.Get(processHeader))})
	return err
}

// badAssertion is badAttestation for the answer of a login.
func badAssertion(err error) *apiError {
	e := invalid("assertionResponse", "is invalid")
	if reason, ok := errors.AsType[*protocol.Error](err); ok {
		e.details = reason.Details
	}
	return e
}
