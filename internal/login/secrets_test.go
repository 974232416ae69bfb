package login

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestSecretsStayOutOfTheLog goes through good and bad sign-ins at the most
// talkative level and looks for everything that must not be in the log.
func TestSecretsStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	secrets := map[string]string{"client secret": testSecret, "access token": "access-token-1", "refresh token": "refresh-1-secret"}
	s.op.answer = func(a map[string]any) {
		a["refresh_token"] = "refresh-1-secret"
		id, _ := a["id_token"].(string)
		secrets["ID token"] = id
		secrets["ID token's signature"] = id[strings.LastIndex(id, ".")+1:]
	}
	run := func() {
		p := b.get("/passkeys/login?prompt=login")
		u, _ := url.Parse(p.location())
		q := s.op.authorize(p.location())
		secrets["code"], secrets["state"], secrets["nonce"] = q.Get("code"), q.Get("state"), u.Query().Get("nonce")
		for name, c := range b.cookies {
			secrets["cookie "+name] = c.Value
		}
		b.callback(q)
		for what, value := range secrets {
			if strings.Contains(s.log.String(), value) {
				t.Errorf("%s is in the log:\n%s", what, s.log)
			}
		}
	}
	run()
	for _, lie := range []string{"nonce", "iss", "aud", "exp", "at_hash", "sub"} {
		s.op.change = func(c map[string]any) { delete(c, lie) }
		run()
	}
	s.op.change = nil
	for _, broken := range []http.HandlerFunc{
		func(w http.ResponseWriter, r *http.Request) { // an echo
			writeJSON(w, http.StatusBadRequest, r.Header.Get("Authorization")+r.PostFormValue("code")+r.PostFormValue("code_verifier"))
		},
		func(_ http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) },
	} {
		s.op.token = broken
		run()
	}
	if !strings.Contains(s.log.String(), "signed in") || !strings.Contains(s.log.String(), "sign-in failed") {
		t.Error("the audit lines are missing")
	}
}
