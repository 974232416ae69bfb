package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// control works an emulator, as the announced curl lines do.
func (j *journey) control(ctx context.Context, method, base string, fault any) error {
	if j.outside {
		return errOutside
	}
	b, err := newBrowser(j.witness)
	if err != nil {
		return err
	}
	a, err := b.call(ctx, base, method, base+"/__emulator/faults", fault, "Origin", "", "Sec-Fetch-Site", "none")
	if err != nil {
		return err
	}
	if a.Status != http.StatusOK && a.Status != http.StatusNoContent {
		return fmt.Errorf("%s /__emulator/faults answers %d: %.200s", method, a.Status, a.Body)
	}
	return nil
}

func (j *journey) breakOkta(ctx context.Context, fault string) error {
	return j.control(ctx, http.MethodPost, j.place.Login, map[string]any{"name": fault})
}

func (j *journey) breakCorbado(ctx context.Context, fault string) error {
	return j.control(ctx, http.MethodPost, j.place.Corbado, map[string]any{"name": fault})
}

// mend clears all faults.
func (j *journey) mend(ctx context.Context) error {
	if err := j.control(ctx, http.MethodDelete, j.place.Login, nil); err != nil {
		return err
	}
	return j.control(ctx, http.MethodDelete, j.place.Corbado, nil)
}

func corbadoDown(ctx context.Context, j *journey) (string, error) {
	for _, fault := range []string{"backend-down", "frontend-down", "cdn-down"} {
		if err := j.breakCorbado(ctx, fault); err != nil {
			return "", err
		}
	}
	got, err := j.headersAtApp(ctx, j.alice)
	if err != nil {
		return "", err
	}
	if err := identityIs(got, alice); err != nil {
		return "", err
	}
	a, err := j.alice.call(ctx, j.place.App, http.MethodPost, j.place.App+"/passkeys/connect-token", map[string]string{"type": "passkey-list"})
	if err != nil {
		return "", err
	}
	if a.Status != http.StatusServiceUnavailable || a.code() != "passkey_service_unavailable" {
		return "", fmt.Errorf("connect token: %d %q", a.Status, a.code())
	}
	return "Corbado down: the app still answers; connect token 503 " + a.code(), j.mend(ctx)
}

func oktaDown(ctx context.Context, j *journey) (string, error) {
	if err := j.breakOkta(ctx, "down"); err != nil {
		return "", err
	}
	got, err := j.headersAtApp(ctx, j.alice)
	if err != nil {
		return "", err
	}
	if err := identityIs(got, alice); err != nil {
		return "", err
	}
	if err := j.mend(ctx); err != nil {
		return "", err
	}
	// Somebody is at Okta's page when its token endpoint fails.
	if err := j.control(ctx, http.MethodPost, j.place.Login, map[string]any{"name": "fail_token", "status": 503}); err != nil {
		return "", err
	}
	stranger, err := newBrowser(j.witness)
	if err != nil {
		return "", err
	}
	page, err := j.signInAs(ctx, stranger, bob, "/orders")
	if err != nil {
		return "", err
	}
	retry := page.Header.Get("Retry-After")
	if page.Status != http.StatusServiceUnavailable || retry == "" || page.heading() == "" {
		return "", fmt.Errorf("a sign-in that Okta cannot finish gets %d, Retry-After %q, %q", page.Status, retry, page.heading())
	}
	return fmt.Sprintf("Okta down: alice's session goes on; a new sign-in gets the 503 page %q with Retry-After %s", page.heading(), retry), j.mend(ctx)
}

func noSecretInLogs(_ context.Context, j *journey) (string, error) {
	if j.outside {
		return "", errOutside
	}
	leaked, kinds, lines := j.witness.found()
	if len(leaked) > 0 {
		slices.Sort(leaked)
		return "", fmt.Errorf("the logs hold: %s", strings.Join(slices.Compact(leaked), ", "))
	}
	for _, kind := range []string{"client secret", "API secret", "connect token", "code", "id_token_hint", "login_hint", "stateToken", "cookie " + j.place.sessionCookie(), "cookie cbo_client_state"} {
		if !kinds[kind] {
			return "", fmt.Errorf("the journey met no %s to look for", kind)
		}
	}
	return fmt.Sprintf("%d log lines hold none of the secrets met: %s", lines, strings.Join(slices.Sorted(maps.Keys(kinds)), ", ")), nil
}
