package caddymodule

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	corbadoemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/corbado"
	oktaemu "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// forMoments is a site at which everything can happen that is counted or audited.
func (w *world) forMoments() string {
	return strings.NewReplacer("enroll never", "enroll every 30d", "email groups", "email groups offline_access").Replace(
		w.caddyfile(forPrograms + "allow {\ngroup orders\n}\nstep_up 5m /admin/*\nbrand {\nname Played\n}\n"))
}

// playMoments has each of them happen, mostly once.
func (w *world) playMoments() {
	w.t.Helper()
	for what, secret := range map[string]string{
		"client secret": clientSecret, "API secret": apiSecret, "session key": sessionKey, "form": "an anvil nobody may know of",
	} {
		w.witness.keep(what, secret)
	}
	must := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
	}
	// A user adds a passkey, and Corbado has a bad moment.
	b := w.browser()
	b.signIn("/")
	b.postJSON("/passkeys/append/result", `{"status":"complete"}`)
	b.postJSON("/passkeys/list/result", `{"status":"added"}`)
	b.postJSON("/passkeys/list/result", `{"status":"removed"}`)
	b.change(func(s *session.Session) { w.witness.keep("session ID", s.ID) })
	b.connectToken(`{"type":"passkey-list"}`)
	b.connectToken(`{"type":"something-else"}`)
	must(w.corbado.Fault(corbadoemu.Fault{Name: "backend-503"}))
	b.connectToken(`{"type":"passkey-list"}`)
	w.corbado.ClearFaults()

	// A step-up, and one for which Okta did not ask again.
	b.change(signedInAgo(time.Hour))
	b.get("/admin/users").app(w.t)
	must(w.okta.Fault(oktaemu.Fault{Name: oktaemu.FaultOldAuthTime}))
	b.change(signedInAgo(time.Hour))
	b.get("/admin/users")
	w.okta.ClearFaults()

	// A sign-in that Okta refuses, a forged callback, and a new sign-in in place of one.
	must(w.okta.Fault(oktaemu.Fault{Name: oktaemu.FaultAuthorizeError}))
	w.browser().get("/orders")
	w.okta.ClearFaults()
	w.browser().get("/passkeys/callback?code=x&code=y")
	again := w.browser()
	again.signIn("/")
	again.signIn("/passkeys/login?prompt=login")

	// A refresh, and one that ends the session.
	again.change(due)
	again.get("/orders").app(w.t)
	ended := w.browser()
	ended.signIn("/")
	ended.change(due)
	must(w.okta.RevokeTokens(alice))
	ended.stay()
	ended.get("/orders")

	// The user's own sign-out, with a copy of the cookie left over, and a forged one.
	stolen := b.copyOf()
	b.send(http.MethodPost, "/passkeys/logout", url.Values{})
	stolen.get("/orders")
	w.browser().send(http.MethodPost, "/passkeys/backchannel-logout", url.Values{})

	// Sessions that do not count, and a form that one of them loses.
	idle := w.browser()
	idle.signIn("/")
	idle.rest(2 * time.Hour)
	idle.stay()
	idle.get("/orders")
	forged := w.browser()
	forged.stay()
	forged.get("/orders", "Cookie", "passkeys-session=Zm9yZ2Vk")
	w.browser().send(http.MethodPost, "/orders", url.Values{"item": {"an anvil nobody may know of"}}, own...)

	// Programs: no valid token, and none for this app.
	w.browser().get("/orders", "Authorization", "Bearer garbage")
	w.browser().get("/orders", "Authorization", w.accessToken(alice, set("groups", []string{"contractors"})))

	// The provider's, which ends what began until now.
	w.universalLogout(oktaemu.UniversalLogout{Format: "iss_sub"}, http.StatusNoContent)
}
