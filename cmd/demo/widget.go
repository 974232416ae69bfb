package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
)

// widget does what Okta's Sign-In Widget does in the sign-in page: it asks the
// Identity Engine's API where the sign-in stands and sends what the user types.
type widget struct {
	// page is the origin of the page it is in.
	page       string
	stateToken string
	// forms are what the user may do next, message is what Okta complains about.
	forms   []string
	message string
	// done leads on when the sign-in is complete.
	done string
}

// stateTokenForm finds the sign-in among the settings that Okta puts into its
// page for the widget.
var stateTokenForm = regexp.MustCompile(`"stateToken":("[^"]+")`)

// ionType is the content type of the Identity Engine's API.
const ionType = "application/ion+json; okta-version=1.0.0"

// widgetIn starts the widget of a sign-in page.
func widgetIn(ctx context.Context, b *browser, page *answer) (*widget, error) {
	w := &widget{page: originOf(page.URL)}
	found := stateTokenForm.FindSubmatch(page.Body)
	if found == nil {
		return nil, fmt.Errorf("the page at %s%s (%d) has no sign-in for the widget", page.URL.Host, page.URL.Path, page.Status)
	}
	if err := json.Unmarshal(found[1], &w.stateToken); err != nil {
		return nil, fmt.Errorf("the widget's settings: %w", err)
	}
	b.witness.keep("stateToken", w.stateToken)
	return w, w.ask(ctx, b, "introspect", map[string]any{"stateToken": w.stateToken})
}

// ask makes one call and takes in what it says.
func (w *widget) ask(ctx context.Context, b *browser, path string, in map[string]any) error {
	a, err := b.call(ctx, w.page, http.MethodPost, w.page+"/idp/idx/"+path, in, "Accept", ionType, "Content-Type", ionType)
	if err != nil {
		return err
	}
	var got struct {
		Messages    struct{ Value []struct{ Message string } }
		Remediation struct{ Value []struct{ Name string } }
		Success     struct{ Href string }
	}
	if err := a.json(&got); err != nil {
		return err
	}
	w.forms, w.message, w.done = nil, "", got.Success.Href
	for _, form := range got.Remediation.Value {
		w.forms = append(w.forms, form.Name)
	}
	for _, m := range got.Messages.Value {
		w.message += m.Message
	}
	return nil
}

// identify sends the user name.
func (w *widget) identify(ctx context.Context, b *browser, login string) error {
	return w.ask(ctx, b, "identify", map[string]any{"stateHandle": w.stateToken, "identifier": login})
}

// verify sends the password.
func (w *widget) verify(ctx context.Context, b *browser, password string) error {
	return w.ask(ctx, b, "challenge/answer", map[string]any{
		"stateHandle": w.stateToken, "credentials": map[string]string{"passcode": password},
	})
}

// leave goes where a sign-in that is complete leads.
func (w *widget) leave(ctx context.Context, b *browser) (*answer, error) {
	if w.done == "" {
		return nil, fmt.Errorf("the sign-in is not complete: %q, %q", w.message, w.forms)
	}
	return b.visit(ctx, w.done)
}
