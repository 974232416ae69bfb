package caddymodule

import (
	"net/http"
	"strings"
	"testing"

	oktaemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
)

// TestTwoUsersNeverArriveAsOne on the whole way: a user who is another's but for a
// space, in groups that are others' but for one.
func TestTwoUsersNeverArriveAsOne(t *testing.T) {
	w := newWorld(t)
	victim, err := w.okta.ChangeUser("alice@acme.test", func(u *oktaemu.User) { u.Groups = []string{"orders"} })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.okta.ChangeUser("alice@acme.test", func(u *oktaemu.User) { u.Login = "alice0@acme.test" }); err != nil {
		t.Fatal(err)
	}
	if _, err := w.okta.AddUser(oktaemu.User{
		ID: " " + victim.ID, Login: "alice@acme.test", Email: "mallory@acme.test", EmailVerified: true, FirstName: "Mallory", Password: password,
		Groups: []string{" orders", "orders ", "%20orders"},
	}); err != nil {
		t.Fatal(err)
	}
	w.start("assertion {\n audience orders\n}")
	got := w.browser().signIn("/orders").app(t)
	if user := got.Headers.Get("X-Forwarded-User"); user != "%20"+victim.ID {
		t.Errorf("the app is told of %q, who signed in is %q", user, " "+victim.ID)
	}
	if groups := got.Headers.Get("X-Forwarded-Groups"); !strings.Contains(groups, "%20orders,orders%20,%2520orders") {
		t.Errorf("groups %q", groups)
	}
	claims := w.verify(got.Headers.Get(defaultAssertionHeader), "orders")
	if claims["sub"] != " "+victim.ID {
		t.Errorf("the assertion is about %q", claims["sub"])
	}

	w.start("allow {\n group orders\n}")
	if p := w.browser().signIn("/orders"); p.StatusCode != http.StatusForbidden {
		t.Errorf("with the group's name and a space: %s %s", p.Status, p.body)
	}
	w.start("basic_auth {\n user sub\n password {env.TEST_API_SECRET}\n}")
	if p := w.browser().signIn("/orders"); p.StatusCode != http.StatusForbidden || !strings.Contains(p.body, "user_name_unfit") {
		t.Errorf("basic_auth: %s %s", p.Status, p.body)
	}
}
