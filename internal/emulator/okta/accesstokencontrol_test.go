package okta

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAccessTokenControlIsForThisMachineOnly(t *testing.T) {
	s, err := New(Config{PublicURL: "http://login.acme.localhost:8080", Users: []User{{Login: "alice@acme.test", Email: "alice@acme.test"}}})
	if err != nil {
		t.Fatal(err)
	}
	for peer, want := range map[string]int{"127.0.0.1:1": http.StatusOK, "192.0.2.1:1": http.StatusForbidden} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://login.acme.localhost:8080/__emulator/access-tokens",
			strings.NewReader(`{"client":"0oa1","user":"alice@acme.test","claims":{"aud":null}}`))
		r.RemoteAddr = peer
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != want || (want == http.StatusOK) != strings.Contains(w.Body.String(), `"access_token":"eyJ`) {
			t.Errorf("%s: %d %s", peer, w.Code, w.Body)
		}
	}
}
