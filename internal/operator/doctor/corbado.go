package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
)

// corbadoCredential asks for a connect token for nobody, which Corbado must refuse: for
// what it asks, if the credential is right.
func (e *exam) corbadoCredential(ctx context.Context) []Finding {
	if e.Corbado.ProjectID == "" || e.Corbado.APISecret.IsZero() {
		return one(unproven("not asked", "project_id or api_secret is missing", "set both in the corbado block"))
	}
	client, err := corbado.New(corbado.Config{
		BaseURL: e.Corbado.BackendAPI, ProjectID: e.Corbado.ProjectID, APISecret: e.Corbado.APISecret, HTTPClient: e.http, Version: "doctor", Now: e.Now,
	})
	if err != nil {
		if strings.Contains(err.Error(), "backend API") {
			return one(failure("backend_api has the wrong shape", err.Error(), "write backend_api without /v2, like "+corbado.DefaultBackendAPI+", or leave it out"))
		}
		return one(failure("Corbado's settings have the wrong shape", err.Error(), "copy project ID and API secret from Corbado's console, Settings > General > API secrets"))
	}
	err = client.Probe(ctx)
	api, answered := errors.AsType[*corbado.APIError](err)
	switch {
	case err == nil:
		return one(ok("Corbado takes the API secret"))
	case answered && api.Status == http.StatusForbidden:
		return one(failure("the API key may not make connect tokens", err.Error(), "give the key the permission connect_tokens:write in Corbado's console, and lift IP restrictions that keep this machine out"))
	case errors.Is(err, corbado.ErrUnauthorized):
		return one(failure("Corbado refuses the API secret", err.Error(), "copy project_id and api_secret once more from Corbado's console, both of the same project; a secret is shown once, so make a new one if in doubt"))
	case errors.Is(err, corbado.ErrRateLimited):
		return one(warning("Corbado limits the rate", err.Error(), "run the doctor again in a minute"))
	case answered && (api.Status == http.StatusNotFound || api.Status/100 == 3):
		return one(failure("there is no Backend API at backend_api", err.Error(), "write the address without /v2, like "+corbado.DefaultBackendAPI+", or leave backend_api out"))
	case answered && api.Status >= 500:
		return one(failure("Corbado's Backend API is out of order", err.Error(), "wait, and look at Corbado's status page; sign-in goes on meanwhile"))
	}
	if lost, is := errors.AsType[*corbado.UnreachableError](err); is {
		return one(failure("Corbado's Backend API does not answer", lost.Reason, "open the way out to "+lost.Host+" in firewall and proxy, or correct backend_api"))
	}
	return one(failure("what stands at backend_api is not Corbado's Backend API", err.Error(), "leave backend_api out, or write it like "+corbado.DefaultBackendAPI))
}

// componentHeaders are what the component's requests carry beyond the simple ones.
const componentHeaders = "content-type,x-corbado-client-timezone,x-corbado-projectid,x-corbado-sdk"

// allowedOrigins asks, as a browser does, whether pages of the site may call the
// Frontend API (WHATWG Fetch, CORS protocol).
func (e *exam) allowedOrigins(ctx context.Context) []Finding {
	if e.Corbado.ProjectID == "" {
		return nil
	}
	origins := e.PublicURLs
	if at := originOf(e.Okta.Issuer); at != "" && (e.Okta.PasskeyIDP != "" || e.SignInPage) {
		origins = append(slices.Clip(origins), at)
	}
	var found []Finding
	for _, origin := range origins {
		found = append(found, e.allowedOrigin(ctx, strings.TrimSuffix(origin, "/")))
	}
	return found
}

func (e *exam) allowedOrigin(ctx context.Context, origin string) Finding {
	target := e.Corbado.frontend() + "/v2/connect/append/init"
	r, err := http.NewRequestWithContext(ctx, http.MethodOptions, target, nil)
	if err != nil {
		return failure("frontend_api is no address", "it makes "+quote(target), "leave frontend_api out, or write a host suffix or an https URL")
	}
	r.Header.Set("Origin", origin)
	r.Header.Set("Access-Control-Request-Method", http.MethodPost)
	r.Header.Set("Access-Control-Request-Headers", componentHeaders)
	a, err := e.send(r)
	if err != nil {
		why, fix := trouble(r.URL.Host, err)
		return failure("Corbado's Frontend API does not answer", why, fix+"; check project_id and frontend_api, of which the host is made")
	}
	h := a.header
	switch allowed := h.Get("Access-Control-Allow-Origin"); {
	case a.status >= 500:
		return failure("Corbado's Frontend API is out of order", fmt.Sprintf("%s answers %d", r.URL.Host, a.status), "wait, and look at Corbado's status page")
	case a.status == http.StatusNotFound || a.redirect() != nil:
		return failure("there is no Frontend API at frontend_api", fmt.Sprintf("%s answers %d", r.URL.Host, a.status), "leave frontend_api out, or copy it from Corbado's console")
	case allowed == "*" || allowed == origin && !strings.EqualFold(h.Get("Access-Control-Allow-Credentials"), "true"):
		return failure("Corbado's answers to "+origin+" are kept from its pages", "the preflight answer does not allow credentials for it", "add "+origin+" to the authorized origins in Corbado's console, and no wildcard")
	case allowed != origin:
		return failure("Corbado does not allow "+origin, "its preflight answer names another origin, or none", "add to the authorized origins in Corbado's console, exactly: "+origin)
	}
	return ok("Corbado allows " + origin)
}

// mounts are the functions of the component that the sidecar's pages call (Corbado: Web
// UI Components, CDN).
var mounts = []string{"mountCorbadoConnectAppend", "mountCorbadoConnectPasskeyList"}

// component fetches the script and the style of Corbado's component, as browsers will.
func (e *exam) component(ctx context.Context) []Finding {
	var found []Finding
	for _, file := range []struct {
		what, url string
		kinds     []string
	}{
		{"script", e.Corbado.Script, []string{"text/javascript", "application/javascript", "application/x-javascript"}},
		{"style", e.Corbado.Style, []string{"text/css"}},
	} {
		if file.url == "" {
			continue
		}
		a, err := e.get(ctx, file.url)
		const fix = "leave components out, or copy both addresses from Corbado's documentation"
		switch {
		case err != nil:
			why, way := trouble(hostOf(file.url), err)
			found = append(found, failure("the component's "+file.what+" cannot be fetched", why, way))
		case a.status != http.StatusOK:
			found = append(found, failure("the component's "+file.what+" cannot be fetched", fmt.Sprintf("%s answers %d", file.url, a.status), fix))
		case a.html() || a.kind() != "" && !slices.Contains(file.kinds, a.kind()):
			found = append(found, failure("the component's "+file.what+" is something else", file.url+" answers "+quote(a.kind()), fix))
		case file.what == "script":
			found = append(found, mounted(file.url, a.body))
		default:
			found = append(found, ok("the component's style is there"))
		}
	}
	return found
}

func mounted(script, body string) Finding {
	for _, name := range mounts {
		if !strings.Contains(body, name) {
			return failure("the component's script lacks "+name, script+" is another script, or another major version", "leave components out, or name Corbado's web-js-….min.js of version 0.2 or later")
		}
	}
	return ok("the component's script is there, with its mount functions")
}
