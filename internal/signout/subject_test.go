package signout

import (
	"net/http"
	"strings"
	"testing"
)

func TestUniversalLogoutBodies(t *testing.T) {
	for name, body := range map[string]string{
		"empty":                              "",
		"not JSON":                           "sub_id=alice",
		"a list":                             "[" + aliceByEmail + "]",
		"two values":                         aliceByEmail + aliceByEmail,
		"nobody":                             "{}",
		"null for a user":                    `{"sub_id":null}`,
		"more than sub_id":                   `{"sub_id":{"format":"email","email":"a@b.c"},"scope":"all"}`,
		"sub_id twice":                       `{"sub_id":{"format":"email","email":"a@b.c"},"sub_id":{"format":"email","email":"d@e.f"}}`,
		"sub_id and subject":                 `{"sub_id":{"format":"email","email":"a@b.c"},"subject":{"format":"email","email":"a@b.c"}}`,
		"another spelling of sub_id":         `{"Sub_ID":{"format":"email","email":"a@b.c"}}`,
		"no format":                          `{"sub_id":{"email":"a@b.c"}}`,
		"a format that we do not know":       `{"sub_id":{"format":"opaque","id":"00ualice"}}`,
		"a list of users":                    `{"sub_id":{"format":"aliases","identifiers":[{"format":"email","email":"a@b.c"}]}}`,
		"an e-mail address and a subject":    `{"sub_id":{"format":"email","email":"a@b.c","sub":"00ubob"}}`,
		"an e-mail address that is a list":   `{"sub_id":{"format":"email","email":["a@b.c"]}}`,
		"an e-mail address of two domains":   `{"sub_id":{"format":"email","email":"a@evil.test@acme.test"}}`,
		"an e-mail address without a domain": `{"sub_id":{"format":"email","email":"alice"}}`,
		"no e-mail address":                  `{"sub_id":{"format":"email"}}`,
		"a huge e-mail address":              `{"sub_id":{"format":"email","email":"a@` + strings.Repeat("b", 400) + `"}}`,
		"a subject without an issuer":        `{"sub_id":{"format":"iss_sub","sub":"00ualice"}}`,
		"an issuer without a subject":        `{"sub_id":{"format":"iss_sub","iss":"` + testOrg + `"}}`,
		"a subject and an e-mail address":    `{"sub_id":{"format":"iss_sub","iss":"` + testOrg + `","sub":"00ualice","email":"a@b.c"}}`,
		"a huge subject":                     `{"sub_id":{"format":"iss_sub","iss":"` + testOrg + `","sub":"` + strings.Repeat("0", 300) + `"}}`,
		"a huge body":                        `{"sub_id":{"format":"email","email":"a@b.c"}}` + strings.Repeat(" ", maxBody),
	} {
		f := newFixture(t)
		f.wantStatus(name, f.universal(f.sign("org", universalHeader, f.universalClaims()), body), http.StatusBadRequest)
		f.wantEnded(name)
		if f.org.asked != 0 || len(f.seen) != 0 {
			t.Errorf("%s: the keys were asked for, or the token was used up", name)
		}
	}
	f := newFixture(t)
	w := f.universal(f.sign("org", universalHeader, f.universalClaims()), aliceByEmail, "Content-Type", "text/plain")
	f.wantStatus("a second content type does not count", w, http.StatusNoContent)
	r := strings.NewReader(aliceByEmail)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, testAud, r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readBody(nil, req, "application/json"); err == nil {
		t.Error("a body without a content type is read")
	}
}

func TestUniversalLogoutForAnotherIssuersUser(t *testing.T) {
	f := newFixture(t)
	body := strings.Replace(aliceBySubject, testOrg, "https://other.okta.com", 1)
	f.wantStatus("not ours", f.universal(f.sign("org", universalHeader, f.universalClaims()), body), http.StatusNotFound)
	f.wantEnded("not ours")
}
