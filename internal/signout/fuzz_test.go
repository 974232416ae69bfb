package signout

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzForgedSignOuts posts anything to all three endpoints: nothing that was not
// signed ends a session, and nothing panics.
func FuzzForgedSignOuts(f *testing.F) {
	for _, body := range []string{
		aliceByEmail, aliceBySubject, `{"sub_id":{"format":"opaque","id":"x"}}`, "", "[]", `{"sub_id":`, `{"a":1}{"b":2}`,
		"logout_token=a.b.c", "logout_token=e30.e30.e30&logout_token=", "iss=" + url.QueryEscape(testIssuer) + "&sid=x",
	} {
		f.Add("e30.e30.e30", body)
		f.Add("eyJhbGciOiJSUzI1NiIsInR5cCI6Imdsb2JhbC10b2tlbi1yZXZvY2F0aW9uK2p3dCJ9.eyJpc3MiOjF9.AA", body)
		f.Add("eyJhbGciOiJub25lIn0..", body)
	}
	f.Fuzz(func(t *testing.T, token, body string) {
		fx := newFixture(t)
		if w := fx.universal(token, body); w.Code < 400 {
			t.Errorf("universal logout answers %d", w.Code)
		}
		if w := fx.backchannelBody("application/x-www-form-urlencoded", body); w.Code < 400 {
			t.Errorf("back-channel logout answers %d", w.Code)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, testSite+"/passkeys/frontchannel-logout", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", token)
		w := httptest.NewRecorder()
		fx.Frontchannel(w, r, nil, "192.0.2.1")
		for _, end := range fx.ended { // only the front channel takes what nobody signed
			if !strings.HasPrefix(end, "session "+testIssuer+" ") || w.Code != http.StatusOK {
				t.Errorf("ended %q", end)
			}
		}
	})
}
