package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

func appendPage(ctx context.Context, j *journey) (_ string, err error) {
	if j.corbado, err = componentIn(j.page); err != nil {
		return "", err
	}
	policy := j.page.Header.Get("Content-Security-Policy")
	for _, part := range []string{
		"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'",
		"script-src 'self' " + j.place.Corbado, "connect-src 'self' " + j.place.Corbado,
	} {
		if !strings.Contains(policy, part) {
			return "", fmt.Errorf("the page's policy %q lacks %q", policy, part)
		}
	}
	if slices.ContainsFunc([]string{"unsafe-inline", "unsafe-eval", "*"}, func(s string) bool { return strings.Contains(policy, s) }) {
		return "", fmt.Errorf("the page's policy is loose: %q", policy)
	}
	if got := j.corbado.settings.ReturnPath; got != wanted {
		return "", fmt.Errorf("the return path is %q instead of %q", got, wanted)
	}
	files := slices.Concat(j.corbado.settings.Scripts, j.corbado.settings.Styles)
	files = append(files, j.page.findAll("script", "src")...)
	files = append(files, j.page.findAll("link", "href")...)
	for _, file := range files {
		if strings.HasPrefix(file, "data:") {
			continue
		}
		u, err := j.page.URL.Parse(file)
		if err != nil {
			return "", err
		}
		a, err := j.alice.send(ctx, http.MethodGet, u.String(), nil, nil)
		if err != nil {
			return "", err
		}
		kind := a.Header.Get("Content-Type")
		if a.Status != http.StatusOK || len(a.Body) == 0 || !strings.Contains(kind, "javascript") && !strings.Contains(kind, "css") {
			return "", fmt.Errorf("%s answers %d %s, %d bytes", file, a.Status, kind, len(a.Body))
		}
	}
	return fmt.Sprintf("page %q: strict policy, %d scripts and styles answer, goes on to %s", j.page.heading(), len(files), wanted), nil
}

func addPasskey(ctx context.Context, j *journey) (string, error) {
	if err := j.corbado.begin(ctx, j.alice, "append"); err != nil {
		return "", err
	}
	options, err := j.corbado.challenge(ctx, j.alice, false)
	if err != nil {
		return "", err
	}
	id, attestation, err := j.device.create(options)
	if err != nil {
		return "", err
	}
	j.credential = id
	var got struct {
		PasskeyOperation struct{ OperationType, IdentifierValue string }
	}
	if err := j.corbado.ask(ctx, j.alice, "append/finish", map[string]string{"attestationResponse": attestation}, &got); err != nil {
		return "", err
	}
	if op := got.PasskeyOperation; op.OperationType != "append" || op.IdentifierValue != alice.login {
		return "", fmt.Errorf("corbado says %+v", op)
	}
	return "connect token, challenge and attestation: passkey added for " + got.PasskeyOperation.IdentifierValue, nil
}

// report posts what became of the offer, as the page's script does.
func (j *journey) report(ctx context.Context, b *browser, page component, status string) error {
	state := base64.StdEncoding.EncodeToString([]byte(`{"lastLogin":{"data":"` + alice.login + `"}}`))
	a, err := b.call(ctx, j.place.App, http.MethodPost, j.place.App+page.settings.ResultPath,
		map[string]string{"status": status, "clientState": state})
	if err != nil {
		return err
	}
	return a.is(http.StatusNoContent, j.place.App)
}

func reportResult(ctx context.Context, j *journey) (string, error) {
	if err := j.report(ctx, j.alice, j.corbado, "complete"); err != nil {
		return "", err
	}
	if j.alice.cookie(j.place.App+"/passkeys/", "cbo_client_state") == "" {
		return "", errors.New("the client state is not kept")
	}
	return "result noted: 204, client state kept for the next sign-in", nil
}

func listPasskeys(ctx context.Context, j *journey) (_ string, err error) {
	if j.page, err = j.alice.visit(ctx, j.place.App+"/passkeys/"); err != nil {
		return "", err
	}
	if err := j.page.is(http.StatusOK, j.place.App+"/passkeys/"); err != nil {
		return "", err
	}
	if j.corbado, err = componentIn(j.page); err != nil {
		return "", err
	}
	if err := j.corbado.begin(ctx, j.alice, "manage"); err != nil {
		return "", err
	}
	all, err := j.corbado.list(ctx, j.alice)
	if err != nil {
		return "", err
	}
	if len(all) != 1 || all[0].CredentialID != j.credential {
		return "", fmt.Errorf("the list has %d passkeys instead of the one", len(all))
	}
	j.passkey = all[0].ID
	return fmt.Sprintf("page %q lists it: %s", j.page.heading(), j.passkey), nil
}

func addAgain(ctx context.Context, j *journey) (string, error) {
	options, err := j.corbado.challenge(ctx, j.alice, true)
	if err != nil {
		return "", err
	}
	if !strings.Contains(options, j.credential) {
		return "", errors.New("excludeCredentials does not hold the passkey")
	}
	if _, _, err := j.device.create(options); !errors.Is(err, errInvalidState) {
		return "", fmt.Errorf("the device makes a second passkey (%w)", err)
	}
	return "adding it again: excludeCredentials holds it, so the device answers InvalidStateError", nil
}

func deletePasskey(ctx context.Context, j *journey) (string, error) {
	if err := j.corbado.delete(ctx, j.alice, j.passkey); err != nil {
		return "", err
	}
	all, err := j.corbado.list(ctx, j.alice)
	if err != nil {
		return "", err
	}
	if len(all) != 0 {
		return "", fmt.Errorf("the list still has %d passkeys", len(all))
	}
	if err := j.report(ctx, j.alice, j.corbado, "removed"); err != nil {
		return "", err
	}
	return "deleted; the list is empty", nil
}

// anotherUser lets bob sign in, in his own browser, while alice has a passkey.
func anotherUser(ctx context.Context, j *journey) (string, error) {
	page, err := j.signInAs(ctx, j.bob, bob, "/orders")
	if err != nil {
		return "", err
	}
	if err := page.is(http.StatusOK, j.place.App+"/passkeys/append"); err != nil {
		return "", err
	}
	his, err := componentIn(page)
	if err != nil {
		return "", err
	}
	j.offered = his
	if err := his.begin(ctx, j.bob, "manage"); err != nil {
		return "", err
	}
	all, err := his.list(ctx, j.bob)
	if err != nil {
		return "", err
	}
	if len(all) != 0 {
		return "", fmt.Errorf("bob sees %d passkeys of alice's", len(all))
	}
	if err := his.delete(ctx, j.bob, j.passkey); err == nil {
		return "", errors.New("bob can delete alice's passkey")
	}
	return bob.login + " sees none of alice's passkeys and cannot delete hers", nil
}

// skipIsRemembered lets bob skip the offer and sign in once more.
func skipIsRemembered(ctx context.Context, j *journey) (string, error) {
	if err := j.report(ctx, j.bob, j.offered, "skip"); err != nil {
		return "", err
	}
	if _, err := j.signOutOf(ctx, j.bob); err != nil {
		return "", err
	}
	page, err := j.signInAs(ctx, j.bob, bob, "/orders")
	if err != nil {
		return "", err
	}
	return "bob skips the offer, signs out and in again: straight to " + page.at(), page.is(http.StatusOK, j.place.App+"/orders")
}
