package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// wanted is the page of the app that alice asks for.
const wanted = "/orders?x=1"

func oktaDownAtFirst(ctx context.Context, j *journey) (string, error) {
	if err := j.breakOkta(ctx, "down"); err != nil {
		return "", err
	}
	a, err := j.alice.open(ctx, j.place.App+wanted)
	if err != nil {
		return "", err
	}
	retry, heading := a.Header.Get("Retry-After"), a.heading()
	if a.Status != http.StatusServiceUnavailable || retry == "" || heading == "" {
		return "", fmt.Errorf("a new sign-in gets %d, Retry-After %q", a.Status, retry)
	}
	if err := j.mend(ctx); err != nil {
		return "", err
	}
	// The sidecar leaves Okta alone for a moment: as long as it said, and a bit.
	for start := time.Now(); !a.leads(); {
		if time.Since(start) > 10*time.Second {
			return "", errors.New("sign-in does not come back after Okta has")
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
		if a, err = j.alice.open(ctx, j.place.App+wanted); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("Okta down at first: 503 page %q with Retry-After %s; back by itself when Okta is", heading, retry), nil
}

func redirectToOkta(ctx context.Context, j *journey) (string, error) {
	a, err := j.alice.open(ctx, j.place.App+wanted)
	if err != nil {
		return "", err
	}
	if err := a.is(http.StatusUnauthorized, j.place.App); err != nil {
		return "", err
	}
	to, err := a.location()
	if err != nil {
		return "", err
	}
	q := to.Query()
	for name, want := range map[string]string{
		"response_type": "code", "code_challenge_method": "S256", "client_id": clientID,
		"redirect_uri": j.place.App + "/passkeys/callback", "scope": "openid profile email groups offline_access",
	} {
		if q.Get(name) != want {
			return "", fmt.Errorf("authorization request: %s is %q instead of %q", name, q.Get(name), want)
		}
	}
	for name, least := range map[string]int{"code_challenge": 43, "state": 22, "nonce": 22} {
		if len(q.Get(name)) < least {
			return "", fmt.Errorf("authorization request: %s has %d characters; want %d or more", name, len(q.Get(name)), least)
		}
	}
	if !strings.HasPrefix(to.String(), j.place.Login+"/oauth2/default/v1/authorize?") {
		return "", fmt.Errorf("redirected to %s%s", to.Host, to.Path)
	}
	if j.page, err = j.alice.follow(ctx, a, nil); err != nil {
		return "", err
	}
	return "GET " + wanted + ": sent to " + to.Host + " with PKCE S256, state and nonce", j.page.is(http.StatusOK, j.place.Login)
}

func wrongPassword(ctx context.Context, j *journey) (string, error) {
	w, err := widgetIn(ctx, j.alice, j.page)
	if err != nil {
		return "", err
	}
	if err := errors.Join(w.identify(ctx, j.alice, alice.login), w.verify(ctx, j.alice, "wrong horse")); err != nil {
		return "", err
	}
	if w.message != "Unable to sign in" || w.done != "" {
		return "", fmt.Errorf("okta says %q", w.message)
	}
	return fmt.Sprintf("wrong password: Okta's page says %q", w.message), nil
}

func signIn(ctx context.Context, j *journey) (string, error) {
	w, err := widgetIn(ctx, j.alice, j.page) // a reload of the page, which goes on where it was
	if err != nil {
		return "", err
	}
	if err := w.verify(ctx, j.alice, alice.password); err != nil {
		return "", err
	}
	if j.page, err = w.leave(ctx, j.alice); err != nil {
		return "", err
	}
	offer := j.place.App + "/passkeys/append?return=" + url.QueryEscape(wanted)
	if err := j.page.is(http.StatusOK, offer); err != nil {
		return "", err
	}
	if len(j.alice.cookie(j.place.App, j.place.sessionCookie())) < shortest {
		return "", errors.New("there is no session cookie")
	}
	return "signed in at Okta as " + alice.login + ", session cookie set, came back to " + j.page.at(), nil
}

// signInAs takes a browser from a page of the app through Okta's pages.
func (j *journey) signInAs(ctx context.Context, b *browser, who person, path string) (*answer, error) {
	page, err := b.visit(ctx, j.place.App+path)
	if err != nil {
		return nil, err
	}
	if err := page.is(http.StatusOK, j.place.Login); err != nil {
		return nil, err
	}
	w, err := widgetIn(ctx, b, page)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(w.identify(ctx, b, who.login), w.verify(ctx, b, who.password)); err != nil {
		return nil, err
	}
	return w.leave(ctx, b)
}

// signOutOf takes a browser through sign-out, and returns where it ends.
func (j *journey) signOutOf(ctx context.Context, b *browser) (*answer, error) {
	page, err := b.visit(ctx, j.place.App+"/passkeys/logout")
	if err != nil {
		return nil, err
	}
	return b.submit(ctx, page, nil)
}

func signOut(ctx context.Context, j *journey) (string, error) {
	end, err := j.signOutOf(ctx, j.alice)
	if err != nil {
		return "", err
	}
	if err := end.is(http.StatusOK, j.place.App+"/passkeys/signed-out"); err != nil {
		return "", err
	}
	if len(end.Hops) < 2 || originOf(end.Hops[len(end.Hops)-1]) != j.place.Login {
		return "", errors.New("sign-out did not pass Okta")
	}
	if j.alice.cookie(j.place.App, j.place.sessionCookie()) != "" {
		return "", errors.New("the session cookie is still there")
	}
	a, err := j.alice.call(ctx, j.place.App, http.MethodGet, j.place.App+"/headers", nil)
	if err != nil {
		return "", err
	}
	if err := a.is(http.StatusUnauthorized, j.place.App); err != nil {
		return "", err
	}
	page, err := j.alice.visit(ctx, j.place.App+wanted)
	if err != nil {
		return "", err
	}
	if err := page.is(http.StatusOK, j.place.Login); err != nil {
		return "", fmt.Errorf("after sign-out, without a password: %w", err)
	}
	w, err := widgetIn(ctx, j.alice, page)
	if err != nil {
		return "", err
	}
	if w.done != "" || !slices.Contains(w.forms, "identify") {
		return "", fmt.Errorf("after sign-out Okta offers %q", w.forms)
	}
	return "signed out here and at Okta; the app asks again, and Okta asks for the password", nil
}
