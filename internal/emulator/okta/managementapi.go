package okta

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// managementPageSize is how many entries a page of a list has.
const managementPageSize = 20

// managementAPI is the part of /api/v1 that a set-up calls, in memory: apps,
// groups, identity providers, policies and their rules, authorization servers,
// brands with their pages (Okta: "Okta Management API"). It checks the shapes
// that a set-up can get wrong and keeps the rest as it came.
type managementAPI struct {
	server *Server
	token  string

	mu sync.Mutex
	// objects holds the entries of a collection by its path, in order of creation.
	objects map[string][]managed
	// singles holds what has a path of its own, such as a brand's page.
	singles map[string]managed
	calls   []string
	denied  []string
	limited int // calls to answer 429
	reset   time.Duration
	failAt  int // the n-th call from now; 0 is off
	failAs  int
}

// managed is one object as JSON has it.
type managed = map[string]any

// managementError is Okta's error object.
type managementError struct {
	status        int
	code, summary string
	causes        []string
}

func invalid(field, cause string) *managementError {
	return &managementError{http.StatusBadRequest, "E0000001", "Api validation failed: " + field, []string{field + ": " + cause}}
}

func notFound(what string) *managementError {
	return &managementError{http.StatusNotFound, "E0000007", "Not found: Resource not found: " + what, nil}
}

// routeManagementAPI mounts the API. What it holds at the start is what a new
// org with a custom domain has.
func (s *Server) routeManagementAPI() {
	m := &managementAPI{
		server: s, token: "00" + randomToken()[:40],
		objects: map[string][]managed{}, singles: map[string]managed{}, reset: time.Minute,
	}
	s.management = m
	m.seed()
	for pattern, h := range m.routes() {
		s.mux.HandleFunc(pattern, m.serve(h))
	}
	s.mux.HandleFunc("/api/v1/", m.serve(func(r *http.Request, _ managed) (int, any, *managementError) {
		return 0, nil, notFound(r.URL.Path)
	}))
}

// seed fills in what every org has.
func (m *managementAPI) seed() {
	m.add("groups", "00g", managed{"type": "BUILT_IN", "profile": managed{"name": "Everyone"}})
	for _, u := range m.server.config.Users {
		for _, name := range u.Groups {
			if !slices.ContainsFunc(m.objects["groups"], func(g managed) bool { return text(g, "profile", "name") == name }) {
				m.add("groups", "00g", managed{"type": "OKTA_GROUP", "profile": managed{"name": name}})
			}
		}
	}
	m.add("policies", "00p", managed{"type": "IDP_DISCOVERY", "name": "Idp Discovery Policy", "system": true, "status": "ACTIVE"})
	m.objects["authorizationServers"] = []managed{{
		"id": "default", "name": "default", "issuer": m.server.Issuer(), "status": "ACTIVE", "audiences": []any{"api://default"},
	}}
	for _, name := range []string{"openid", "profile", "email", "offline_access"} {
		m.add("authorizationServers/default/scopes", "scp", managed{"name": name, "system": true})
	}
	m.add("brands", "bnd", managed{"name": "okta-default", "isDefault": true, "_embedded": managed{"domains": []any{}}})
	m.add("brands", "bnd", managed{
		"name": m.server.config.OrgName, "isDefault": false,
		"_embedded": managed{"domains": []any{managed{"domain": m.server.config.host(), "validationStatus": "COMPLETED"}}},
	})
}

// managementHandler answers one call. The body is nil where there is none.
type managementHandler func(*http.Request, managed) (int, any, *managementError)

// serve checks the token, the rights and the faults, then lets the handler
// answer under the lock.
func (m *managementAPI) serve(h managementHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		w.Header().Set("Cache-Control", "no-cache, no-store")
		if !m.authorized(r) {
			m.refuse(w, &managementError{http.StatusUnauthorized, "E0000011", "Invalid token provided", nil})
			return
		}
		if refusal := m.hindered(w, r); refusal != nil {
			m.refuse(w, refusal)
			return
		}
		var body managed
		if r.Method == http.MethodPost || r.Method == http.MethodPut {
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				m.refuse(w, &managementError{http.StatusBadRequest, "E0000003", "The request body was not well-formed.", nil})
				return
			}
		}
		m.calls = append(m.calls, r.Method+" "+r.URL.Path)
		status, answer, refusal := h(r, body)
		if refusal != nil {
			m.refuse(w, refusal)
			return
		}
		if list, ok := answer.([]managed); ok {
			answer = m.page(w, r, list)
		}
		if status == http.StatusNoContent {
			w.WriteHeader(status)
			return
		}
		writeJSON(w, status, answer)
	}
}

func (m *managementAPI) authorized(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return (scheme == "SSWS" || scheme == "Bearer") && subtle.ConstantTimeCompare([]byte(token), []byte(m.token)) == 1
}

// hindered takes the faults that are on for this call.
func (m *managementAPI) hindered(w http.ResponseWriter, r *http.Request) *managementError {
	if m.limited > 0 {
		m.limited--
		w.Header().Set("X-Rate-Limit-Limit", "60")
		w.Header().Set("X-Rate-Limit-Remaining", "0")
		w.Header().Set("X-Rate-Limit-Reset", strconv.FormatInt(time.Now().Add(m.reset).Unix(), 10))
		return &managementError{http.StatusTooManyRequests, "E0000047", "API call exceeded rate limit due to too many requests.", nil}
	}
	if m.failAt > 0 {
		if m.failAt--; m.failAt == 0 {
			return &managementError{m.failAs, "E0000009", "Internal Server Error", nil}
		}
	}
	for _, right := range m.denied {
		method, prefix, _ := strings.Cut(right, " ")
		if (method == "*" || method == r.Method) && strings.HasPrefix(r.URL.Path, "/api/v1/"+prefix) {
			return &managementError{http.StatusForbidden, "E0000006", "You do not have permission to perform the requested action", nil}
		}
	}
	return nil
}

func (m *managementAPI) refuse(w http.ResponseWriter, e *managementError) {
	causes := []map[string]string{}
	for _, c := range e.causes {
		causes = append(causes, map[string]string{"errorSummary": c})
	}
	writeJSON(w, e.status, map[string]any{
		"errorCode": e.code, "errorSummary": e.summary, "errorLink": e.code, "errorId": newID("oae"), "errorCauses": causes,
	})
}

// page cuts a list to the page asked for and links the next one.
func (m *managementAPI) page(w http.ResponseWriter, r *http.Request, list []managed) []managed {
	start, _ := strconv.Atoi(r.URL.Query().Get("after"))
	start = min(max(start, 0), len(list))
	end := min(start+managementPageSize, len(list))
	base := m.server.config.PublicURL + r.URL.Path
	w.Header().Add("Link", "<"+base+`>; rel="self"`)
	if end < len(list) {
		query := r.URL.Query()
		query.Set("after", strconv.Itoa(end))
		w.Header().Add("Link", "<"+base+"?"+query.Encode()+`>; rel="next"`)
	}
	if start == end {
		return []managed{}
	}
	return list[start:end]
}
