package signin

import (
	"bytes"
	"embed"
	"encoding/json"
	"html"
	"net/http"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/page"
)

// standIn is the emulator's own small widget.
//
//go:embed widget
var standIn embed.FS

// widgetPath is where the widget's files stand.
const widgetPath = "/assets/okta-signin-widget/"

// oktaUtil is the script that {{{OktaUtil}}} stands for (Okta: "Customize the
// sign-in page", OktaUtil).
func (s *SignIn) oktaUtil(t Transaction, nonce string) (string, error) {
	a := t.Request
	config := map[string]any{
		"baseUrl":    s.org.PublicURL,
		"stateToken": t.StateToken,
		"relayState": t.Restart,
		"features":   map[string]any{"rememberMe": true},
		"i18n":       map[string]any{"en": map[string]any{}},
		"language":   "en",
		"logo":       "",
		"brandName":  s.org.Name,
		"cspNonce":   nonce,
		"username":   t.Identifier,
		"assets":     map[string]any{"baseUrl": s.org.PublicURL + strings.TrimSuffix(widgetPath, "/")},
	}
	request := map[string]any{
		"client_id": a.Client.ID, "redirect_uri": a.RedirectURI, "response_type": "code", "scope": strings.Join(a.Scopes, " "),
		"state": a.State, "nonce": a.Nonce, "response_mode": a.ResponseMode, "max_age": -1,
	}
	if a.MaxAge >= 0 {
		request["max_age"] = int(a.MaxAge.Seconds())
	}
	if a.Challenge != "" {
		request["code_challenge"], request["code_challenge_method"] = a.Challenge, "S256"
	}
	context := map[string]any{
		"app": appObject(a.Client),
		"authentication": map[string]any{"type": "object", "value": map[string]any{
			"request": request, "protocol": "OAUTH2.0", "issuer": map[string]any{"name": s.org.Name, "uri": a.Issuer.URL},
		}},
	}
	// Marshal writes <, > and & as \u003c and so on, so nothing ends the script.
	data, err := json.Marshal(map[string]any{"config": config, "context": context})
	if err != nil {
		return "", err
	}
	return `<script nonce="` + html.EscapeString(nonce) + `">window.OktaUtil = (function (data) {
  function copy(value) { return JSON.parse(JSON.stringify(value)); }
  return {
    getSignInWidgetConfig: function () { return copy(data.config); },
    getRequestContext: function () { return copy(data.context); },
    completeLogin: function (result) {
      var href = result && (result.href || (result.success && result.success.href));
      if (href && new URL(href, data.config.baseUrl).origin === new URL(data.config.baseUrl).origin) {
        window.location.assign(href);
      }
    }
  };
})(` + string(data) + `);</script>`, nil
}

// appObject is the app as OktaUtil and the IDX answers describe it.
func appObject(c *org.Client) map[string]any {
	return map[string]any{"type": "object", "value": map[string]any{"name": "oidc_client", "label": c.Name, "id": c.ID}}
}

// widgetResources are the script and styles that {{{SignInWidgetResources}}}
// stands for.
func (s *SignIn) widgetResources(generation, nonce string) string {
	base := s.org.PublicURL + widgetPath
	script, style := "emulator/okta-sign-in.js", "emulator/okta-sign-in.css"
	if s.widgetFiles != nil {
		script, style = "js/okta-sign-in.min.js", "css/okta-sign-in.min.css"
		if generation == WidgetG3 {
			script = "js/okta-sign-in.next.js"
		}
	}
	return `<link rel="stylesheet" href="` + html.EscapeString(base+style) + `" nonce="` + html.EscapeString(nonce) + `">` + "\n" +
		`<script src="` + html.EscapeString(base+script) + `" data-generation="` + generation + `" nonce="` + html.EscapeString(nonce) + `"></script>`
}

// serveWidget serves the emulator's own widget and the real one's files.
func (s *SignIn) serveWidget(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	name := r.PathValue("file")
	if strings.HasSuffix(name, "/") || name == "" {
		http.NotFound(w, r)
		return
	}
	if own, ok := strings.CutPrefix(name, "emulator/"); ok {
		if own == "page.css" {
			http.ServeContent(w, r, own, time.Time{}, bytes.NewReader(page.Stylesheet()))
			return
		}
		http.ServeFileFS(w, r, standIn, "widget/"+own) //nolint:gosec // G703: an fs.FS has no way out
		return
	}
	if s.widgetFiles == nil {
		http.NotFound(w, r)
		return
	}
	http.ServeFileFS(w, r, s.widgetFiles, name) //nolint:gosec // G703: an fs.FS has no way out
}
