package okta

import (
	"net/http"
	"strings"
)

// issuer is one authorization server of the org.
type issuer struct {
	// url is the iss of its tokens.
	url    string
	public string
	// custom tells Okta's custom authorization server from the org's own.
	custom bool
	keys   *keyring
	dialect
}

func (i *issuer) endpoint(name string) string { return i.public + i.path(name) }

// root is the issuer's own path on the host, without a trailing slash: empty
// for an org and a tenant.
func (i *issuer) root() string { return strings.TrimSuffix(strings.TrimPrefix(i.url, i.public), "/") }

// serveDiscovery is OpenID Connect Discovery. It advertises only what this
// emulator does.
func (s *Server) serveDiscovery(iss *issuer) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		doc := iss.metadata(iss)
		if s.fault(FaultDiscoveryWrongIssuer) {
			doc["issuer"] = "https://wrong-issuer.example"
		}
		if s.fault(FaultDiscoveryNoLogout) {
			delete(doc, "end_session_endpoint")
		}
		s.events.add(Event{Name: EventDiscoveryServed, Issuer: iss.url})
		w.Header().Set("Cache-Control", "max-age=86400, must-revalidate")
		if s.fault(FaultDiscoveryGarbage) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("<html>not JSON</html>"))
			return
		}
		writeJSON(w, http.StatusOK, doc)
	}
}
