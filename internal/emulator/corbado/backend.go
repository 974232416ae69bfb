package corbado

import (
	"net/http"
	"time"
)

// backendRoutes is the Backend API, as far as an operator's script or the
// product needs it (Corbado: API reference, Backend API).
func (s *Server) backendRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/v2/connectTokens", s.serve(methods{
		http.MethodPost: s.createConnectToken,
		http.MethodGet:  s.listConnectTokens,
	}))
	mux.Handle("/v2/connectTokens/{id}", s.serve(methods{
		http.MethodPatch:  s.updateConnectToken,
		http.MethodDelete: s.deleteConnectToken,
	}))
	mux.Handle("/v2/users", s.serve(methods{
		http.MethodPost: s.createUser,
		http.MethodGet:  s.listUsers,
	}))
	mux.Handle("/v2/users/{id}", s.serve(methods{
		http.MethodGet:    s.getUser,
		http.MethodPatch:  s.updateUser,
		http.MethodDelete: s.deleteUser,
	}))
	mux.Handle("/v2/users/{id}/identifiers", s.serve(methods{http.MethodPost: s.createIdentifier}))
	mux.Handle("/v2/identifiers", s.serve(methods{http.MethodGet: s.listIdentifiers}))
	mux.Handle("/v2/users/{id}/credentials", s.serve(methods{http.MethodGet: s.listCredentials}))
	mux.Handle("/v2/users/{id}/credentials/{credential}", s.serve(methods{http.MethodDelete: s.deleteCredential}))
	mux.Handle("/v2/passkey/verifySignedData", s.serve(methods{http.MethodPost: s.verifySignedData}))
	mux.HandleFunc("/", s.unknown)
	return mux
}

// serveBackend lets a request through to the Backend API if a server sent it
// and it knows a key.
func (s *Server) serveBackend(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if !s.meetFaults(w, r, groupBackend) {
		return
	}
	// Only browsers send Origin, and a browser must never hold the API secret.
	// Corbado answers an origin it does not expect with a validation error that
	// names it (Corbado: Connect, error types).
	if origin := r.Header.Get("Origin"); origin != "" {
		s.journal.record(r.Context(), "backend_call_from_browser_refused", detail{"origin", origin})
		s.refuse(w, time.Now(), invalid("origin", "the origin "+origin+" may not call the Backend API"))
		return
	}
	if !s.authorized(r) {
		s.journal.record(r.Context(), "backend_login_refused")
		s.refuse(w, time.Now(), &apiError{
			status: http.StatusUnauthorized, kind: errLogin, details: "invalid project ID or API secret",
		})
		return
	}
	s.backend.ServeHTTP(w, r)
}
