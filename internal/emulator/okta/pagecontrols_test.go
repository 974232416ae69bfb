package okta_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestControlsOfTheSignInPage(t *testing.T) {
	f := federate(t, nil)
	if rec := f.control(t, http.MethodPut, "sign-in-page", `{"template":"<p>{{orgName}}</p>","generation":"G3","sources":["https://cdn.test"]}`); rec.Code != http.StatusNoContent {
		t.Fatalf("status %d: %s", rec.Code, rec.Body)
	}
	page, err := f.browser.Get(t.Context(), f.authorizeURL())
	if err != nil || !strings.HasPrefix(page.Body, "<p>Acme</p>") {
		t.Errorf("%q, %v", page.Body, err)
	}
	if rec := f.control(t, http.MethodGet, "sign-in-page", ""); !strings.Contains(rec.Body.String(), `"generation":"G3","policy_mode":"enforced","sources":["https://cdn.test"]`) {
		t.Errorf("got %s", rec.Body)
	}
	for _, bad := range []string{`{"template":"{{"}`, `{"generation":"G9"}`, `{"surprise":1}`, `[`} {
		if rec := f.control(t, http.MethodPut, "sign-in-page", bad); rec.Code != http.StatusBadRequest {
			t.Errorf("%s: status %d", bad, rec.Code)
		}
	}
}

func TestControlsOfTheIdentityProviders(t *testing.T) {
	f := federate(t, nil)
	f.claimsOf(t, f.roundTrip(t))
	list := f.control(t, http.MethodGet, "identity-providers", "").Body.String()
	if !strings.Contains(list, `"links":1`) || strings.Contains(list, idpSecret) {
		t.Errorf("got %s", list)
	}
	for _, call := range []struct {
		method, path, body string
		status             int
	}{
		{http.MethodDelete, "identity-providers/" + idpID + "/links/" + url.PathEscape(alice), "", http.StatusNoContent},
		{http.MethodDelete, "identity-providers/0oaNOBODY/links/" + url.PathEscape(alice), "", http.StatusNotFound},
		{http.MethodDelete, "identity-providers/" + idpID + "/links/nobody", "", http.StatusNotFound},
		{http.MethodPatch, "identity-providers/" + idpID, `{"trust_claims":true,"subject_filter":"x"}`, http.StatusNoContent},
		{http.MethodPatch, "identity-providers/0oaNOBODY", `{}`, http.StatusNotFound},
		{http.MethodPut, "routing-rules", `{"rules":[{"providers":["` + idpID + `"],"without_okta":true}]}`, http.StatusNoContent},
		{http.MethodPut, "routing-rules", `{"rules":[{"providers":["0oaNOBODY"]}]}`, http.StatusNotFound},
	} {
		if rec := f.control(t, call.method, call.path, call.body); rec.Code != call.status {
			t.Errorf("%s %s %s: status %d, want %d", call.method, call.path, call.body, rec.Code, call.status)
		}
	}
	if idp, _ := f.IdentityProvider(idpID); !idp.TrustClaims || idp.SubjectFilter != "x" || idp.ClientSecret != idpSecret || len(f.Links(idpID)) != 0 {
		t.Errorf("provider %+v", idp)
	}
	if rules := f.control(t, http.MethodGet, "routing-rules", "").Body.String(); !strings.Contains(rules, `"without_okta":true`) {
		t.Errorf("rules %s", rules)
	}
}
