package authserver

import (
	"net/http"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// Issuer is one authorization server of the org.
type Issuer struct {
	// URL is the iss of its tokens.
	URL    string
	public string
	// custom tells Okta's custom authorization server from the org's own.
	custom bool
	keys   *keyring
	dialect
}

func (i *Issuer) endpoint(name string) string { return i.public + i.path(name) }

// Handle adds an endpoint, named as in "POST token", if the issuer has it.
func (i *Issuer) Handle(mux *http.ServeMux, o *org.Org, pattern string, serve http.HandlerFunc) {
	method, name, _ := strings.Cut(pattern, " ")
	if path := i.path(name); path != "" {
		mux.HandleFunc(method+" "+path, o.Guarded(name, serve))
	}
}

// root is the issuer's own path on the host, without a trailing slash: empty
// for an org and a tenant.
func (i *Issuer) root() string { return strings.TrimSuffix(strings.TrimPrefix(i.URL, i.public), "/") }

// serveDiscovery is OpenID Connect Discovery. It advertises only what this
// emulator does.
func (s *Servers) serveDiscovery(iss *Issuer) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		doc := iss.metadata(iss)
		if s.org.Fires(org.FaultDiscoveryWrongIssuer) {
			doc["issuer"] = "https://wrong-issuer.example"
		}
		if s.org.Fires(org.FaultDiscoveryNoLogout) {
			delete(doc, "end_session_endpoint")
		}
		s.org.Note(org.Event{Name: org.EventDiscoveryServed, Issuer: iss.URL})
		w.Header().Set("Cache-Control", "max-age=86400, must-revalidate")
		if s.org.Fires(org.FaultDiscoveryGarbage) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("<html>not JSON</html>"))
			return
		}
		org.WriteJSON(w, http.StatusOK, doc)
	}
}
