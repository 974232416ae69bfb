package okta

import (
	"encoding/json"
	"html"
	"net/http"
	"strings"
)

// widgetPath is where the widget's files stand.
const widgetPath = "/assets/okta-signin-widget/"

// oktaUtil is the script that {{{OktaUtil}}} stands for (Okta: "Customize the
// sign-in page", OktaUtil).
func (s *Server) oktaUtil(t transaction, nonce string) (string, error) {
	a := t.request
	config := map[string]any{
		"baseUrl":    s.config.PublicURL,
		"stateToken": t.stateToken,
		"relayState": t.restart,
		"features":   map[string]any{"rememberMe": true},
		"i18n":       map[string]any{"en": map[string]any{}},
		"language":   "en",
		"logo":       "",
		"brandName":  s.config.OrgName,
		"cspNonce":   nonce,
		"username":   t.identifier,
		"assets":     map[string]any{"baseUrl": s.config.PublicURL + strings.TrimSuffix(widgetPath, "/")},
	}
	request := map[string]any{
		"client_id": a.client.ID, "redirect_uri": a.redirectURI, "response_type": "code", "scope": strings.Join(a.scopes, " "),
		"state": a.state, "nonce": a.nonce, "response_mode": a.responseMode, "max_age": -1,
	}
	if a.maxAge >= 0 {
		request["max_age"] = int(a.maxAge.Seconds())
	}
	if a.challenge != "" {
		request["code_challenge"], request["code_challenge_method"] = a.challenge, "S256"
	}
	context := map[string]any{
		"app": appObject(a.client),
		"authentication": map[string]any{"type": "object", "value": map[string]any{
			"request": request, "protocol": "OAUTH2.0", "issuer": map[string]any{"name": s.config.OrgName, "uri": a.issuer.url},
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
func appObject(c *Client) map[string]any {
	return map[string]any{"type": "object", "value": map[string]any{"name": "oidc_client", "label": c.Name, "id": c.ID}}
}

// widgetResources are the script and styles that {{{SignInWidgetResources}}}
// stands for.
func (s *Server) widgetResources(generation, nonce string) string {
	base := s.config.PublicURL + widgetPath
	script, style := "emulator/okta-sign-in.js", "emulator/okta-sign-in.css"
	if s.config.WidgetFiles != nil {
		script, style = "js/okta-sign-in.min.js", "css/okta-sign-in.min.css"
		if generation == WidgetG3 {
			script = "js/okta-sign-in.next.js"
		}
	}
	return `<link rel="stylesheet" href="` + html.EscapeString(base+style) + `" nonce="` + html.EscapeString(nonce) + `">` + "\n" +
		`<script src="` + html.EscapeString(base+script) + `" data-generation="` + generation + `" nonce="` + html.EscapeString(nonce) + `"></script>`
}

// serveWidget serves the emulator's own widget and the real one's files.
func (s *Server) serveWidget(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	name := r.PathValue("file")
	if strings.HasSuffix(name, "/") || name == "" {
		http.NotFound(w, r)
		return
	}
	if own, ok := strings.CutPrefix(name, "emulator/"); ok {
		folder := "widget/"
		if own == "page.css" {
			folder = "templates/"
		}
		http.ServeFileFS(w, r, widgetFiles, folder+own)
		return
	}
	if s.config.WidgetFiles == nil {
		http.NotFound(w, r)
		return
	}
	http.ServeFileFS(w, r, s.config.WidgetFiles, name)
}
