package corbado

import (
	"errors"
	"net/http"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

func (s *Server) appendInit(r *http.Request) (any, error) {
	process, rsp, err := s.begin(r)
	if err != nil {
		return nil, err
	}
	return struct {
		ProcessID string `json:"processID"`
		initRsp
		AppendAllowed bool `json:"appendAllowed"`
	}{process, rsp, !s.faults.take(FaultAppendNotAllowed)}, nil
}

// appendStartRsp asks the browser for a passkey. AttestationOptions is JSON in a
// string; empty, it tells the component not to ask.
type appendStartRsp struct {
	AttestationOptions string `json:"attestationOptions"`
	Variant            string `json:"variant"`
}

// appendStart spends the append token: the process holds the permission from
// here on.
func (s *Server) appendStart(r *http.Request) (any, error) {
	var in struct {
		Token string `json:"appendTokenValue"`
		Force bool   `json:"forcePasskeyAppend"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	process, err := s.process(r)
	if err != nil {
		return nil, s.appendRefused(r, err)
	}
	t, err := s.useToken(in.Token, kindAppend, "appendTokenValue", true)
	if err != nil {
		return nil, s.appendRefused(r, err)
	}
	rsp := appendStartRsp{Variant: s.variant()}
	if !in.Force && s.faults.take(FaultAppendNoOptions) {
		s.journal.record(r.Context(), "append_not_offered", detail{"identifier", t.identifier})
		return rsp, nil
	}
	now := s.Now()
	u := s.users.forToken(t, now)
	var session webauthn.SessionData
	if rsp.AttestationOptions, session, err = s.rp.begin(u, s.excluded(u)); err != nil {
		return nil, err
	}
	s.ceremonies.begin(process, ceremony{userID: u.id, session: session}, now)
	s.journal.record(r.Context(), "append_started",
		detail{"identifier", t.identifier}, detail{"user", u.id}, detail{"token", t.id}, detail{"process", short(process)})
	return rsp, nil
}

// useToken is tokens.use, with the fault that makes a token expire.
func (s *Server) useToken(secret, kind, field string, spend bool) (connectToken, error) {
	t, err := s.tokens.use(secret, kind, field, spend, s.Now())
	if err == nil && s.faults.take(FaultTokenExpired) {
		return connectToken{}, invalid(field, "is expired")
	}
	return t, err
}

func (s *Server) variant() string {
	switch {
	case s.faults.take(FaultAppendAfterHybrid):
		return "after-hybrid"
	case s.faults.take(FaultAppendAfterError):
		return "after-error"
	}
	return "default"
}

// excluded lists the passkeys that the browser must not hold yet.
func (s *Server) excluded(u user) []passkey {
	if !s.faults.take(FaultCredentialExists) {
		return u.passkeys
	}
	var all []passkey
	for _, other := range s.users.all() {
		all = append(all, other.passkeys...)
	}
	return all
}

// passkeyOperation tells the component what was done, and the name to greet the
// user with next time.
type passkeyOperation struct {
	OperationType   string        `json:"operationType"`
	IdentifierValue string        `json:"identifierValue"`
	IdentifierType  string        `json:"identifierType"`
	CeremonyType    string        `json:"ceremonyType"`
	AAGUIDDetails   aaguidDetails `json:"aaguidDetails"`
}

func (s *Server) appendFinish(r *http.Request) (any, error) {
	var in struct {
		Response string `json:"attestationResponse"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	process, err := s.process(r)
	if err != nil {
		return nil, s.appendRefused(r, err)
	}
	now := s.Now()
	c, ok := s.ceremonies.end(process, now)
	if !ok {
		return nil, s.appendRefused(r, invalid("attestationResponse", "this process has no open challenge"))
	}
	if s.faults.take(FaultAppendFinishDenied) {
		return nil, s.appendRefused(r, invalid("attestationResponse", "this authenticator is not allowed"))
	}
	u, ok := s.users.get(c.userID)
	if !ok {
		return nil, s.appendRefused(r, errNoUser())
	}
	key, err := s.rp.finish(u, c.session, in.Response)
	if err != nil {
		return nil, s.appendRefused(r, badAttestation(err))
	}
	p := passkey{id: newID("cre"), key: *key, created: now, lastUsed: now}
	p.sourceOS, p.sourceBrowser = source(r.UserAgent())
	if err := s.users.addPasskey(u.id, p); err != nil {
		return nil, s.appendRefused(r, err)
	}
	s.journal.record(r.Context(), "passkey_added",
		detail{"user", u.id}, detail{"name", u.displayName}, detail{"credential", p.id},
		detail{"authenticator", detailsOf(p.aaguid()).Name}, detail{"process", short(process)})
	return map[string]any{"passkeyOperation": passkeyOperation{
		OperationType: "append", IdentifierValue: u.displayName, IdentifierType: kindOf(u.displayName),
		CeremonyType: p.ceremonyType(), AAGUIDDetails: detailsOf(p.aaguid()),
	}}, nil
}

func (s *Server) appendRefused(r *http.Request, err error) error {
	s.journal.record(r.Context(), "append_refused",
		detail{"reason", err.Error()}, detail{"process", short(r.Header.Get(processHeader))})
	return err
}

// badAttestation tells what the library found wrong with the browser's answer.
// It holds nothing that the browser did not send.
func badAttestation(err error) *apiError {
	e := invalid("attestationResponse", "is invalid")
	if reason, ok := errors.AsType[*protocol.Error](err); ok {
		e.details = reason.Details
	}
	return e
}
