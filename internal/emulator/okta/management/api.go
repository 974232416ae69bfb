// Package management is the part of an org's management API (/api/v1) that a set-up
// calls: apps, groups, identity providers, policies and their rules, authorization
// servers, and brands with their pages.
//
// Real Okta takes an API token (SSWS) or an OAuth access token, pages its lists
// with Link headers, replaces the whole object on PUT, shows an app's secret once,
// limits rates per minute with X-Rate-Limit headers, and refuses with its error
// object. What is created here takes effect at once: an app can sign users in, a
// provider is offered, a page is shown.
//
// How we know: Okta's OpenAPI document (2026.06.3) for paths and shapes, and real
// traffic that the Terraform provider for Okta has recorded for its tests, where
// the document leaves a form open. No live org was asked.
package management

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/authserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/federation"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/signin"
)

// pageSize is how many entries a page of a list has.
const pageSize = 20

// API is /api/v1 of one org, in memory. It checks the shapes that a set-up can get
// wrong and keeps the rest as it came.
type API struct {
	org        *org.Org
	servers    *authserver.Servers
	signIn     *signin.SignIn
	federation *federation.Federation
	token      string

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

// apiError is Okta's error object.
type apiError struct {
	status        int
	code, summary string
	causes        []string
}

func invalid(field, cause string) *apiError {
	return &apiError{http.StatusBadRequest, "E0000001", "Api validation failed: " + field, []string{field + ": " + cause}}
}

func notFound(what string) *apiError {
	return &apiError{http.StatusNotFound, "E0000007", "Not found: Resource not found: " + what, nil}
}

// New makes the API of an org. What it holds at the start is what a new org with a
// custom domain has, and a group for each that a user is in.
func New(o *org.Org, servers *authserver.Servers, signIn *signin.SignIn, f *federation.Federation) *API {
	m := &API{
		org: o, servers: servers, signIn: signIn, federation: f, token: "00" + org.RandomToken()[:40],
		objects: map[string][]managed{}, singles: map[string]managed{}, reset: time.Minute,
	}
	m.seed()
	return m
}

// Route adds the API.
func (m *API) Route(mux *http.ServeMux) {
	for pattern, h := range m.routes() {
		mux.HandleFunc(pattern, m.serve(h))
	}
	mux.HandleFunc("/api/v1/", m.serve(func(r *http.Request, _ managed) (int, any, *apiError) {
		return 0, nil, notFound(r.URL.Path)
	}))
}

// seed fills in what every org has.
func (m *API) seed() {
	m.add("groups", "00g", managed{"type": "BUILT_IN", "profile": managed{"name": "Everyone"}})
	for _, u := range m.org.Users() {
		for _, name := range u.Groups {
			if !slices.ContainsFunc(m.objects["groups"], func(g managed) bool { return text(g, "profile", "name") == name }) {
				m.add("groups", "00g", managed{"type": "OKTA_GROUP", "profile": managed{"name": name}})
			}
		}
	}
	m.add("policies", "00p", managed{"type": "IDP_DISCOVERY", "name": "Idp Discovery Policy", "system": true, "status": "ACTIVE"})
	m.objects["authorizationServers"] = []managed{{
		"id": "default", "name": "default", "issuer": m.servers.Issuer(), "status": "ACTIVE", "audiences": []any{"api://default"},
	}}
	for _, name := range []string{"openid", "profile", "email", "offline_access"} {
		m.add("authorizationServers/default/scopes", "scp", managed{"name": name, "system": true})
	}
	m.add("brands", "bnd", managed{"name": "okta-default", "isDefault": true, "_embedded": managed{"domains": []any{}}})
	m.add("brands", "bnd", managed{
		"name": m.org.Name, "isDefault": false,
		"_embedded": managed{"domains": []any{managed{"domain": m.org.Host(), "validationStatus": "COMPLETED"}}},
	})
}

// handler answers one call. The body is nil where there is none.
type handler func(*http.Request, managed) (int, any, *apiError)

// serve checks the token, the rights and the faults, then lets the handler
// answer under the lock.
func (m *API) serve(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		w.Header().Set("Cache-Control", "no-cache, no-store")
		if !m.authorized(r) {
			m.refuse(w, &apiError{http.StatusUnauthorized, "E0000011", "Invalid token provided", nil})
			return
		}
		if refusal := m.hindered(w, r); refusal != nil {
			m.refuse(w, refusal)
			return
		}
		var body managed
		if r.Method == http.MethodPost || r.Method == http.MethodPut {
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				m.refuse(w, &apiError{http.StatusBadRequest, "E0000003", "The request body was not well-formed.", nil})
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
		org.WriteJSON(w, status, answer)
	}
}

func (m *API) authorized(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return (scheme == "SSWS" || scheme == "Bearer") && subtle.ConstantTimeCompare([]byte(token), []byte(m.token)) == 1
}

// hindered takes the faults that are on for this call.
func (m *API) hindered(w http.ResponseWriter, r *http.Request) *apiError {
	if m.limited > 0 {
		m.limited--
		w.Header().Set("X-Rate-Limit-Limit", "60")
		w.Header().Set("X-Rate-Limit-Remaining", "0")
		w.Header().Set("X-Rate-Limit-Reset", strconv.FormatInt(time.Now().Add(m.reset).Unix(), 10))
		return &apiError{http.StatusTooManyRequests, "E0000047", "API call exceeded rate limit due to too many requests.", nil}
	}
	if m.failAt > 0 {
		if m.failAt--; m.failAt == 0 {
			return &apiError{m.failAs, "E0000009", "Internal Server Error", nil}
		}
	}
	for _, right := range m.denied {
		method, prefix, _ := strings.Cut(right, " ")
		if (method == "*" || method == r.Method) && strings.HasPrefix(r.URL.Path, "/api/v1/"+prefix) {
			return &apiError{http.StatusForbidden, "E0000006", "You do not have permission to perform the requested action", nil}
		}
	}
	return nil
}

func (m *API) refuse(w http.ResponseWriter, e *apiError) {
	causes := []map[string]string{}
	for _, c := range e.causes {
		causes = append(causes, map[string]string{"errorSummary": c})
	}
	org.WriteJSON(w, e.status, map[string]any{
		"errorCode": e.code, "errorSummary": e.summary, "errorLink": e.code, "errorId": org.NewID("oae"), "errorCauses": causes,
	})
}

// page cuts a list to the page asked for and links the next one.
func (m *API) page(w http.ResponseWriter, r *http.Request, list []managed) []managed {
	start, _ := strconv.Atoi(r.URL.Query().Get("after"))
	start = min(max(start, 0), len(list))
	end := min(start+pageSize, len(list))
	base := m.org.PublicURL + r.URL.Path
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
