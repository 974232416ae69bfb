package corbado

import (
	"net/http"
	"time"
)

// maxLifetime caps maxLifetimeInSeconds. Corbado publishes no limit; a day is
// far more than a page needs.
const maxLifetime = 24 * time.Hour

// connectTokenRsp is a connect token as the Backend API tells it. Expires is in
// Unix seconds. Secret is told once, to the one who creates the token.
type connectTokenRsp struct {
	ID      string           `json:"id"`
	Type    string           `json:"tokenType"`
	Data    connectTokenData `json:"data"`
	Status  string           `json:"connectTokenStatus"`
	Secret  string           `json:"secret,omitempty"`
	Expires int64            `json:"expires"`
}

type connectTokenData struct {
	DisplayName string `json:"displayName,omitempty"`
	Identifier  string `json:"identifier"`
}

func (t connectToken) rsp(secret string) connectTokenRsp {
	return connectTokenRsp{
		ID: t.id, Type: t.kind, Data: connectTokenData{DisplayName: t.displayName, Identifier: t.identifier},
		Status: t.status, Secret: secret, Expires: t.expires.Unix(),
	}
}

type connectTokenReq struct {
	Type     string           `json:"type"`
	Data     connectTokenData `json:"data"`
	Lifetime *int64           `json:"maxLifetimeInSeconds"`
}

// check returns every fault of the request at once, as Corbado's field list
// does.
func (q connectTokenReq) check() error {
	var bad []fieldError
	add := func(field, message string) { bad = append(bad, fieldError{field, message}) }
	switch q.Type {
	case "":
		add("type", "cannot be blank")
	case kindAppend, kindDelete, kindList, kindLogin:
	default:
		add("type", "must be a valid value")
	}
	if q.Data.Identifier == "" {
		add("data.identifier", "cannot be blank")
	}
	if q.Type == kindAppend && q.Data.DisplayName == "" {
		add("data.displayName", "cannot be blank")
	}
	if q.Lifetime != nil && (*q.Lifetime < 1 || *q.Lifetime > int64(maxLifetime/time.Second)) {
		add("maxLifetimeInSeconds", "must be between 1 and 86400")
	}
	if bad == nil {
		return nil
	}
	return &apiError{status: http.StatusBadRequest, kind: errValidation, validation: bad}
}

func (s *Server) createConnectToken(r *http.Request) (any, error) {
	var in connectTokenReq
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		s.journal.record(r.Context(), "connect_token_refused", detail{"type", in.Type}, detail{"reason", err.Error()})
		return nil, err
	}
	lifetime := tokenLifetime
	if in.Lifetime != nil {
		lifetime = time.Duration(*in.Lifetime) * time.Second
	}
	t := s.tokens.issue(connectToken{
		kind: in.Type, identifier: in.Data.Identifier, displayName: in.Data.DisplayName,
	}, s.Now(), lifetime)
	s.journal.record(r.Context(), "connect_token_created",
		detail{"id", t.id}, detail{"type", t.kind}, detail{"identifier", t.identifier},
		detail{"lifetime", lifetime.String()})
	return t.rsp(t.secret), nil
}

func (s *Server) listConnectTokens(r *http.Request) (any, error) {
	p, err := readPage(r)
	if err != nil {
		return nil, err
	}
	list, paging := paginate(p, s.tokens.all())
	out := make([]connectTokenRsp, 0, len(list))
	for _, t := range list {
		out = append(out, t.rsp(""))
	}
	return map[string]any{"connectTokens": out, "paging": paging}, nil
}

func (s *Server) updateConnectToken(r *http.Request) (any, error) {
	var in struct {
		Status string `json:"status"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if in.Status != tokenInitial && in.Status != tokenConsumed {
		return nil, invalid("status", "must be a valid value")
	}
	if !s.tokens.setStatus(r.PathValue("id"), in.Status) {
		return nil, notFound("no such connect token")
	}
	return generic{}, nil
}

func (s *Server) deleteConnectToken(r *http.Request) (any, error) {
	id := r.PathValue("id")
	if !s.tokens.remove(id) {
		return nil, notFound("no such connect token")
	}
	s.journal.record(r.Context(), "connect_token_deleted", detail{"id", id})
	return generic{}, nil
}
