package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// signInPageSettings is what Okta's page tells the script on it.
type signInPageSettings struct {
	IDPID        string   `json:"idpId"`
	ProjectID    string   `json:"projectId"`
	CustomDomain string   `json:"customDomain"`
	Script       string   `json:"script"`
	Style        string   `json:"style"`
	AppIDs       []string `json:"appIds"`
}

func (s signInPageSettings) check(j *journey) error {
	if s.IDPID != passkeyIDP || s.ProjectID != projectID || s.CustomDomain != j.place.Corbado ||
		s.Script != j.place.Script() || s.Style != j.place.Style() || !slices.Equal(s.AppIDs, []string{clientID}) {
		return fmt.Errorf("okta's page is made for %+v", s)
	}
	return nil
}

// oktaPage signs alice out and lets her open the app, which leads to Okta.
func oktaPage(ctx context.Context, j *journey) (_ string, err error) {
	if _, err = j.signOutOf(ctx, j.alice); err != nil {
		return "", err
	}
	if j.page, err = j.alice.visit(ctx, j.place.App+wanted); err != nil {
		return "", err
	}
	if err := j.page.is(http.StatusOK, j.place.Login); err != nil {
		return "", err
	}
	raw := j.page.find("section", "data-settings")
	var settings signInPageSettings
	if err := json.Unmarshal([]byte(raw), &settings); err != nil {
		return "", fmt.Errorf("okta's page has no settings for the passkey: %w", err)
	}
	if err := settings.check(j); err != nil {
		return "", err
	}
	policy := j.page.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "connect-src 'self' "+j.place.Corbado) || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "script-src 'nonce-") {
		return "", fmt.Errorf("okta's page has the policy %q", policy)
	}
	w, err := widgetIn(ctx, j.alice, j.page)
	if err != nil {
		return "", err
	}
	if !slices.Equal(w.forms, []string{"identify", "redirect-idp"}) {
		return "", fmt.Errorf("okta offers %q", w.forms)
	}
	return "signed out; Okta's page, with an enforced policy, offers the user name and Corbado", nil
}

// loginAnswer is what the Frontend API answers to the steps of a sign-in.
type loginAnswer struct {
	Token             string
	LoginAllowed      bool
	AssertionOptions  string
	SignedPasskeyData string
}

// signedData lets alice's device sign in at Corbado, as the component on Okta's
// page does, and returns what Corbado signs for Okta.
func (j *journey) signedData(ctx context.Context, b *browser) (string, error) {
	c := component{page: j.place.Login, settings: componentSettings{ProjectID: projectID, CustomDomain: j.place.Corbado}}
	var got loginAnswer
	in := map[string]any{"clientInformation": map[string]any{}, "flags": map[string]any{}}
	if err := c.ask(ctx, b, "login/init", in, &got); err != nil {
		return "", err
	}
	if got.Token == "" || !got.LoginAllowed {
		return "", errors.New("corbado allows no sign-in with a passkey")
	}
	c.process = got.Token
	if err := c.ask(ctx, b, "login/start", map[string]string{"identifier": alice.login, "source": "text-field"}, &got); err != nil {
		return "", err
	}
	assertion, err := j.device.get(got.AssertionOptions, j.place.Login)
	if err != nil {
		return "", err
	}
	if err := c.ask(ctx, b, "login/finish", map[string]any{"assertionResponse": assertion, "isConditionalUI": false}, &got); err != nil {
		return "", err
	}
	b.witness.keep("login_hint", got.SignedPasskeyData)
	if strings.Count(got.SignedPasskeyData, ".") != 2 {
		return "", errors.New("corbado signs nothing for Okta")
	}
	return got.SignedPasskeyData, nil
}

// handOff takes the signed data to Okta from its sign-in page, and follows.
func (j *journey) handOff(ctx context.Context, b *browser, page *answer, signed string) (*answer, error) {
	w, err := widgetIn(ctx, b, page)
	if err != nil {
		return nil, err
	}
	query := url.Values{"stateToken": {w.stateToken}, "login_hint": {signed}}
	return b.visit(ctx, j.place.Login+"/sso/idps/"+passkeyIDP+"?"+query.Encode())
}

func passkeySignIn(ctx context.Context, j *journey) (_ string, err error) {
	if j.signed, err = j.signedData(ctx, j.alice); err != nil {
		return "", err
	}
	if j.page, err = j.handOff(ctx, j.alice, j.page, j.signed); err != nil {
		return "", err
	}
	if err := j.page.is(http.StatusOK, j.place.App+wanted); err != nil {
		return "", err
	}
	if !slices.ContainsFunc(j.page.Hops, func(u *url.URL) bool { return originOf(u) == j.place.Corbado }) {
		return "", errors.New("the sign-in did not pass Corbado")
	}
	got, err := j.headersAtApp(ctx, j.alice)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("passkey alone, no password: over Okta, Corbado and Okta back to %s; the app gets %s",
		j.page.at(), got.Get("X-Forwarded-Email")), identityIs(got, alice)
}

// mark is what the sidecar knows of how a user signed in.
type mark struct {
	IDP     string
	AMR     []string
	Passkey bool
}

// markOf asks the sidecar how a browser's user signed in.
func (j *journey) markOf(ctx context.Context, b *browser) (got mark, err error) {
	a, err := b.call(ctx, j.place.App, http.MethodGet, j.place.App+"/passkeys/session", nil)
	if err != nil {
		return got, err
	}
	return got, errors.Join(a.is(http.StatusOK, j.place.App), a.json(&got))
}

func passkeyMark(ctx context.Context, j *journey) (string, error) {
	hers, err := j.markOf(ctx, j.alice)
	if err != nil {
		return "", err
	}
	if !hers.Passkey || hers.IDP != passkeyIDP || !slices.Equal(hers.AMR, []string{"pop", "hwk", "mfa"}) {
		return "", fmt.Errorf("/passkeys/session of alice says %+v", hers)
	}
	his, err := j.markOf(ctx, j.bob)
	if err != nil {
		return "", err
	}
	if his.Passkey || his.IDP == passkeyIDP || !slices.Equal(his.AMR, []string{"pwd"}) {
		return "", fmt.Errorf("/passkeys/session of bob says %+v", his)
	}
	return fmt.Sprintf("/passkeys/session of alice: passkey true, amr %q; of bob, by password: amr %q", hers.AMR, his.AMR), nil
}

// replayedHint lets somebody use alice's signed data a second time.
func replayedHint(ctx context.Context, j *journey) (string, error) {
	thief, err := newBrowser(j.witness)
	if err != nil {
		return "", err
	}
	page, err := thief.visit(ctx, j.place.App+wanted)
	if err != nil {
		return "", err
	}
	if page, err = j.handOff(ctx, thief, page, j.signed); err != nil {
		return "", err
	}
	if err := page.is(http.StatusOK, j.place.Login); err != nil {
		return "", err
	}
	w, err := widgetIn(ctx, thief, page)
	if err != nil {
		return "", err
	}
	if w.message == "" || w.done != "" || !slices.Contains(w.forms, "identify") {
		return "", fmt.Errorf("a second use of the signed data: %q, forms %q", w.message, w.forms)
	}
	a, err := thief.call(ctx, j.place.App, http.MethodGet, j.place.App+"/headers", nil)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("the same login_hint again is refused: Okta's page says %q and asks for the user name", w.message),
		a.is(http.StatusUnauthorized, j.place.App)
}
