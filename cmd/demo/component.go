package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// component does what Corbado's component does in a page of the app: it gets
// connect tokens from the sidecar and talks to the Frontend API.
type component struct {
	settings componentSettings
	// page is the origin of the page it is in.
	page    string
	process string
}

// componentSettings is what the page tells its script.
type componentSettings struct {
	ProjectID    string   `json:"projectId"`
	CustomDomain string   `json:"customDomain"`
	Scripts      []string `json:"scripts"`
	Styles       []string `json:"styles"`
	TokenPath    string   `json:"tokenPath"`
	ResultPath   string   `json:"resultPath"`
	ReturnPath   string   `json:"returnPath"`
}

// componentIn reads the settings of a page.
func componentIn(page *answer) (component, error) {
	c := component{page: originOf(page.URL)}
	raw := page.find("div", "data-settings")
	if raw == "" {
		return c, fmt.Errorf("the page at %s has no place for the component", page.URL.Path)
	}
	if err := json.Unmarshal([]byte(raw), &c.settings); err != nil {
		return c, fmt.Errorf("settings of the component: %w", err)
	}
	return c, nil
}

// token gets a connect token from the sidecar.
func (c *component) token(ctx context.Context, b *browser, kind string) (string, error) {
	a, err := b.call(ctx, c.page, http.MethodPost, c.page+c.settings.TokenPath, map[string]string{"type": kind})
	if err != nil {
		return "", err
	}
	var got struct {
		Secret  string `json:"secret"`
		Expires int64  `json:"expires"`
	}
	if err := errors.Join(a.is(http.StatusOK, c.page), a.json(&got)); err != nil {
		return "", fmt.Errorf("connect token: %w", err)
	}
	b.witness.keep("connect token", got.Secret)
	if got.Secret == "" || got.Expires <= time.Now().Unix() {
		return "", errors.New("the connect token is empty or over")
	}
	return got.Secret, nil
}

// ask calls the Frontend API.
func (c *component) ask(ctx context.Context, b *browser, path string, in, out any) error {
	headers := []string{"X-Corbado-ProjectID", c.settings.ProjectID}
	if c.process != "" {
		headers = append(headers, "X-Corbado-Process-ID", c.process)
	}
	a, err := b.call(ctx, c.page, http.MethodPost, c.settings.CustomDomain+"/v2/connect/"+path, in, headers...)
	if err != nil {
		return err
	}
	if a.Status != http.StatusOK {
		return fmt.Errorf("the Frontend API's %s answers %d: %.200s", path, a.Status, a.Body)
	}
	if got := a.Header.Get("Access-Control-Allow-Origin"); got != c.page {
		return fmt.Errorf("the Frontend API's %s: CORS allows %q", path, got)
	}
	return a.json(out)
}

// begin starts the page's process: append or manage.
func (c *component) begin(ctx context.Context, b *browser, what string) error {
	var got struct {
		ProcessID     string
		AppendAllowed bool
		ManageAllowed bool
	}
	in := map[string]any{"clientInformation": map[string]any{}, "flags": map[string]any{}}
	if err := c.ask(ctx, b, what+"/init", in, &got); err != nil {
		return err
	}
	if got.ProcessID == "" || !got.AppendAllowed && !got.ManageAllowed {
		return fmt.Errorf("the Frontend API's %s/init gives no process", what)
	}
	c.process = got.ProcessID
	return nil
}

// challenge spends an append token and returns what to ask the device.
func (c *component) challenge(ctx context.Context, b *browser, forced bool) (string, error) {
	token, err := c.token(ctx, b, "passkey-append")
	if err != nil {
		return "", err
	}
	var got struct{ AttestationOptions string }
	in := map[string]any{"appendTokenValue": token, "loadedMs": time.Now().UnixMilli()}
	if forced {
		in["forcePasskeyAppend"] = true
	}
	if err := c.ask(ctx, b, "append/start", in, &got); err != nil {
		return "", err
	}
	if got.AttestationOptions == "" {
		return "", errors.New("no passkey is offered")
	}
	return got.AttestationOptions, nil
}

// listed is a passkey in the list.
type listed struct {
	ID           string `json:"id"`
	CredentialID string `json:"credentialID"`
}

// list gets the user's passkeys.
func (c *component) list(ctx context.Context, b *browser) ([]listed, error) {
	token, err := c.token(ctx, b, "passkey-list")
	if err != nil {
		return nil, err
	}
	var got struct{ Passkeys []listed }
	err = c.ask(ctx, b, "manage/list", map[string]string{"connectToken": token}, &got)
	return got.Passkeys, err
}

// delete deletes a passkey.
func (c *component) delete(ctx context.Context, b *browser, id string) error {
	token, err := c.token(ctx, b, "passkey-delete")
	if err != nil {
		return err
	}
	var got struct{ CredentialID string }
	return c.ask(ctx, b, "manage/delete", map[string]string{"connectToken": token, "credentialID": id}, &got)
}
