package e2e

import (
	"encoding/json"
	"net/http"
	"testing"
)

func TestAScriptWithoutASessionGets401(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	_, tb := newPerson(t, d)
	tb.open("/orders")
	tb.signIn(alice)
	tb.at("/orders")
	if answer := tb.fetch("/orders", "{}"); answer.Status != http.StatusOK {
		t.Fatalf("with a session: %+v", answer)
	}
	tb.forget()
	shown := d.okta.count("sign_in_page_shown")
	for _, options := range []string{"{}", "{headers: {Accept: 'text/html'}}", "{method: 'POST', body: 'item=1'}"} {
		answer := tb.fetch("/orders", options)
		var body struct {
			Error    string `json:"error"`
			LoginURL string `json:"login_url"`
		}
		if err := json.Unmarshal([]byte(answer.Body), &body); err != nil {
			t.Fatalf("fetch with %s: %+v: %v", options, answer, err)
		}
		if answer.Status != http.StatusUnauthorized || body.Error != "login_required" || body.LoginURL != "/passkeys/login" {
			t.Errorf("fetch with %s: %+v", options, answer)
		}
	}
	if now := d.okta.count("sign_in_page_shown"); now != shown {
		t.Errorf("scripts started %d sign-ins", now-shown)
	}
}

// TestConnectTokenAskedByAnotherSite: login.acme.localhost is another origin of
// the same site, so SameSite=Lax sends it our cookie.
func TestConnectTokenAskedByAnotherSite(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--enroll", "never")
	_, tb := newPerson(t, d)
	tb.open("/orders")
	tb.signIn(alice)
	tb.at("/orders")

	const body = `{"type":"passkey-append"}`
	where := d.app + "/passkeys/connect-token"
	tb.open(d.okta.origin + "/oauth2/default/.well-known/openid-configuration")
	for name, options := range map[string]string{
		"as a form would":     `{method: 'POST', mode: 'no-cors', credentials: 'include', body: ` + quote(body) + `}`,
		"with CORS":           `{method: 'POST', credentials: 'include', body: ` + quote(body) + `}`,
		"with CORS, as JSON":  `{method: 'POST', credentials: 'include', headers: {'Content-Type': 'application/json'}, body: ` + quote(body) + `}`,
		"as a blob of JSON":   `{method: 'POST', mode: 'no-cors', credentials: 'include', body: new Blob([` + quote(body) + `], {type: 'application/json'})}`,
		"kept alive, no-cors": `{method: 'POST', mode: 'no-cors', keepalive: true, credentials: 'include', body: ` + quote(body) + `}`,
	} {
		if answer := tb.fetch(where, options); answer.Status == http.StatusOK || answer.Body != "" {
			t.Errorf("%s: %+v", name, answer)
		}
	}
	get[bool](tb, `(() => {
		const form = Object.assign(document.createElement('form'), {method: 'post', enctype: 'text/plain', action: `+quote(where)+`});
		form.append(Object.assign(document.createElement('input'), {name: '{"type":"passkey-append","x":"', value: '"}'}));
		document.body.append(form);
		form.submit();
		return true;
	})()`)
	tb.until("the form's answer", "location.origin === "+quote(d.app))
	if status := tb.status(); status != http.StatusForbidden {
		t.Errorf("a form: status %d, want 403:\n%s", status, tb.says())
	}
	if n := d.corbado.count("connect_token_created"); n != 0 {
		t.Errorf("another site got %d connect tokens made", n)
	}

	// The site itself gets one.
	tb.open("/orders")
	answer := tb.fetch("/passkeys/connect-token", `{method: 'POST', headers: {'Content-Type': 'application/json'}, body: `+quote(body)+`}`)
	if answer.Status != http.StatusOK || d.corbado.count("connect_token_created") != 1 {
		t.Errorf("the site itself: %+v", answer)
	}
}

// TestALinkCannotMakeTheComponentPlayAct: the component acts out a situation that
// the page's address names.
func TestALinkCannotMakeTheComponentPlayAct(t *testing.T) {
	t.Parallel()
	_, tb := newPerson(t, startDemo(t))
	tb.open("/passkeys/append?cboSimulate=DeniedByPartialRollout&return=%2Forders%3Fpage%3D2")
	tb.signIn(alice)
	tb.see("Activate passkey")
	tb.at("/passkeys/append?return=%2Forders%3Fpage%3D2")
}
