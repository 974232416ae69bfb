package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// headersAtApp returns the headers that the app gets.
func (j *journey) headersAtApp(ctx context.Context, b *browser) (http.Header, error) {
	a, err := b.open(ctx, j.place.App+"/headers")
	if err != nil {
		return nil, err
	}
	if err := a.is(http.StatusOK, j.place.App); err != nil {
		return nil, err
	}
	got := http.Header{}
	return got, a.json(&got)
}

// identityIs checks the four headers.
func identityIs(got http.Header, who person) error {
	for name, want := range map[string]string{
		"X-Forwarded-User": who.id, "X-Forwarded-Email": who.login,
		"X-Forwarded-Preferred-Username": who.login, "X-Forwarded-Groups": strings.Join(append([]string{"Everyone"}, who.groups...), ","),
	} {
		if values := got[name]; len(values) != 1 || values[0] != want {
			return fmt.Errorf("the app gets %s %q instead of %q", name, values, want)
		}
	}
	return nil
}

func identityHeaders(ctx context.Context, j *journey) (string, error) {
	page, err := j.alice.visit(ctx, j.place.App+wanted)
	if err != nil {
		return "", err
	}
	if err := page.is(http.StatusOK, j.place.App+wanted); err != nil {
		return "", err
	}
	u, err := url.Parse(j.place.App)
	if err != nil {
		return "", err
	}
	theme := &http.Cookie{Name: "theme", Value: "plain", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode}
	theme.Secure = u.Scheme == "https"
	j.alice.jar.SetCookies(u, []*http.Cookie{theme})
	got, err := j.headersAtApp(ctx, j.alice)
	if err != nil {
		return "", err
	}
	if err := identityIs(got, alice); err != nil {
		return "", err
	}
	if cookies := got.Get("Cookie"); cookies != "theme=plain" {
		return "", fmt.Errorf("the app gets more cookies than its own: %d bytes", len(cookies))
	}
	return fmt.Sprintf("back at %s; the app gets X-Forwarded-User %s, -Email %s, -Groups %q and no cookie of ours",
		page.at(), got.Get("X-Forwarded-User"), got.Get("X-Forwarded-Email"), got.Get("X-Forwarded-Groups")), nil
}

func forgedHeaders(ctx context.Context, j *journey) (string, error) {
	j.alice.extra = http.Header{
		"X-Forwarded-User": {"mallory"}, "X-Forwarded-Email": {"mallory@evil.test"}, "x-forwarded-groups": {"Admins"},
		"X_Forwarded_User": {"mallory"}, "Remote-User": {"mallory"}, "Connection": {"X-Forwarded-User, X-Forwarded-Email"},
	}
	defer func() { j.alice.extra = nil }()
	got, err := j.headersAtApp(ctx, j.alice)
	if err != nil {
		return "", err
	}
	for name, values := range got {
		if text := strings.Join(values, " "); strings.Contains(text, "mallory") || strings.Contains(text, "Admins") {
			return "", fmt.Errorf("the app gets the forged %s", name)
		}
	}
	return "forged X-Forwarded-User and Connection: X-Forwarded-User change nothing: the app gets " + alice.login, identityIs(got, alice)
}

func scriptWithoutSession(ctx context.Context, j *journey) (string, error) {
	stranger, err := newBrowser(j.witness)
	if err != nil {
		return "", err
	}
	a, err := stranger.call(ctx, j.place.App, http.MethodGet, j.place.App+"/headers", nil)
	if err != nil {
		return "", err
	}
	var got struct {
		Error    string `json:"error"`
		LoginURL string `json:"login_url"`
	}
	if err := a.json(&got); err != nil {
		return "", err
	}
	if a.Status != http.StatusUnauthorized || got.Error != "login_required" || got.LoginURL == "" || a.Header.Get("Cache-Control") != "no-store" {
		return "", fmt.Errorf("%d %q, login_url %q", a.Status, got.Error, got.LoginURL)
	}
	return "a script without a session: 401 JSON login_required, login_url " + got.LoginURL, nil
}

func connectTokenRefusals(ctx context.Context, j *journey) (string, error) {
	stranger, err := newBrowser(j.witness)
	if err != nil {
		return "", err
	}
	good := map[string]string{"type": "passkey-append"}
	for _, try := range []struct {
		by     *browser
		from   string
		body   any
		status int
		code   string
	}{
		{stranger, j.place.App, good, http.StatusUnauthorized, "login_required"},
		{j.alice, j.place.Login, good, http.StatusForbidden, "cross_origin"},
		{j.alice, j.place.App, map[string]string{"type": "passkey-login"}, http.StatusBadRequest, "unknown_type"},
	} {
		a, err := try.by.call(ctx, try.from, http.MethodPost, j.place.App+"/passkeys/connect-token", try.body)
		if err != nil {
			return "", err
		}
		if a.Status != try.status || a.code() != try.code {
			return "", fmt.Errorf("%d %q instead of %d %q", a.Status, a.code(), try.status, try.code)
		}
	}
	return "connect token without session 401, from another origin 403, of unknown type 400", nil
}
