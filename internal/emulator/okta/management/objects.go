package management

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// routes are the calls of the API. A collection has a list, a create, a get and
// an update; the rest is below.
func (m *API) routes() map[string]handler {
	routes := map[string]handler{
		"PUT /api/v1/apps/{id}/groups/{group}":                        m.assignGroup,
		"GET /api/v1/apps/{id}/groups/{group}":                        m.getSingle,
		"GET /api/v1/apps/{id}/credentials/secrets":                   m.listSecrets,
		"GET /api/v1/brands/{id}/pages/sign-in/{page}":                m.getSingle,
		"PUT /api/v1/brands/{id}/pages/sign-in/{page}":                m.putPage,
		"GET /api/v1/brands/{id}/well-known-uris/webauthn/customized": m.getSingle,
		"PUT /api/v1/brands/{id}/well-known-uris/webauthn/customized": m.putWellKnown,
	}
	for path, kind := range map[string]managedKind{
		"apps":                               {prefix: "0oa", check: m.checkApp, created: m.appCreated, changed: m.appChanged, status: http.StatusOK},
		"groups":                             {prefix: "00g"},
		"idps":                               {prefix: "0oa", check: m.checkIdentityProvider, created: m.providerChanged, changed: m.providerChanged, status: http.StatusOK},
		"policies":                           {prefix: "00p"},
		"policies/{id}/rules":                {prefix: "0pr", check: m.checkRule, created: m.ruleChanged, changed: m.ruleChanged, status: http.StatusOK},
		"authorizationServers":               {prefix: "aus"},
		"authorizationServers/{id}/scopes":   {prefix: "scp", check: needs("name"), status: http.StatusCreated},
		"authorizationServers/{id}/claims":   {prefix: "ocl", check: needs("name", "claimType", "valueType", "value"), status: http.StatusCreated},
		"authorizationServers/{id}/policies": {prefix: "00p", check: needs("name", "description", "type", "conditions"), status: http.StatusCreated},
		"authorizationServers/{id}/policies/{policy}/rules": {prefix: "0pr", check: needs("name", "type", "conditions", "actions"), status: http.StatusCreated},
		"brands": {prefix: "bnd"},
	} {
		routes["GET /api/v1/"+path] = m.list
		routes["GET /api/v1/"+path+"/{object}"] = m.get
		if kind.check != nil {
			routes["POST /api/v1/"+path] = m.create(kind)
			routes["PUT /api/v1/"+path+"/{object}"] = m.update(kind)
		}
	}
	return routes
}

// managedKind is what a collection checks and does.
type managedKind struct {
	prefix  string
	check   func(managed) *apiError
	created func(managed) *apiError
	changed func(managed) *apiError
	status  int // of a create
}

// collection is the path of the request's collection below /api/v1.
func collection(r *http.Request) string {
	path := strings.TrimPrefix(r.URL.Path, "/api/v1/")
	if id := r.PathValue("object"); id != "" {
		path = strings.TrimSuffix(path, "/"+id)
	}
	return path
}

func (m *API) add(path, prefix string, o managed) {
	o["id"] = org.NewID(prefix)
	m.objects[path] = append(m.objects[path], o)
}

// list answers the entries that match the query's type and q. As at Okta, q
// matches the start of a name.
func (m *API) list(r *http.Request, _ managed) (int, any, *apiError) {
	if refusal := m.parent(r); refusal != nil {
		return 0, nil, refusal
	}
	query := r.URL.Query()
	found := []managed{}
	for _, o := range m.objects[collection(r)] {
		name := text(o, "label") + text(o, "name") + text(o, "profile", "name")
		if kind := query.Get("type"); kind != "" && kind != text(o, "type") {
			continue
		}
		if q := query.Get("q"); q != "" && !strings.HasPrefix(strings.ToLower(name), strings.ToLower(q)) {
			continue
		}
		found = append(found, withoutSecret(o))
	}
	return http.StatusOK, found, nil
}

func (m *API) get(r *http.Request, _ managed) (int, any, *apiError) {
	o, refusal := m.object(r)
	if refusal != nil {
		return 0, nil, refusal
	}
	return http.StatusOK, withoutSecret(o), nil
}

func (m *API) object(r *http.Request) (managed, *apiError) {
	for _, o := range m.objects[collection(r)] {
		if o["id"] == r.PathValue("object") {
			return o, nil
		}
	}
	return nil, notFound(r.PathValue("object"))
}

// parent checks that what the collection belongs to is there.
func (m *API) parent(r *http.Request) *apiError {
	id := r.PathValue("id")
	if id == "" {
		return nil
	}
	owner, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/v1/"), "/")
	if !slices.ContainsFunc(m.objects[owner], func(o managed) bool { return o["id"] == id }) {
		return notFound(id)
	}
	return nil
}

func (m *API) create(kind managedKind) handler {
	return func(r *http.Request, body managed) (int, any, *apiError) {
		if refusal := m.parent(r); refusal != nil {
			return 0, nil, refusal
		}
		if refusal := kind.check(body); refusal != nil {
			return 0, nil, refusal
		}
		path := collection(r)
		for _, o := range m.objects[path] {
			if path != "apps" && text(o, "name") == text(body, "name") {
				return 0, nil, invalid("name", "An object with this field already exists in the current organization")
			}
		}
		o := maps.Clone(body)
		if _, has := o["status"]; !has {
			o["status"] = "ACTIVE"
		}
		m.add(path, kind.prefix, o)
		if kind.created != nil {
			if refusal := kind.created(o); refusal != nil {
				m.objects[path] = m.objects[path][:len(m.objects[path])-1]
				return 0, nil, refusal
			}
		}
		if path == "apps" {
			return kind.status, o, nil // with its secret, this once
		}
		return kind.status, withoutSecret(o), nil
	}
}

// update replaces the whole object, as Okta's PUT does.
func (m *API) update(kind managedKind) handler {
	return func(r *http.Request, body managed) (int, any, *apiError) {
		old, refusal := m.object(r)
		if refusal != nil {
			return 0, nil, refusal
		}
		if refusal := kind.check(body); refusal != nil {
			return 0, nil, refusal
		}
		next := maps.Clone(body)
		next["id"], next["status"] = old["id"], old["status"]
		keepSecret(old, next)
		if kind.changed != nil {
			if refusal := kind.changed(next); refusal != nil {
				return 0, nil, refusal
			}
		}
		list := m.objects[collection(r)]
		list[slices.IndexFunc(list, func(o managed) bool { return o["id"] == old["id"] })] = next
		return http.StatusOK, withoutSecret(next), nil
	}
}

// getSingle answers what has a path of its own. Every brand has a default page.
func (m *API) getSingle(r *http.Request, _ managed) (int, any, *apiError) {
	if refusal := m.parent(r); refusal != nil {
		return 0, nil, refusal
	}
	if o, ok := m.singles[r.URL.Path]; ok {
		return http.StatusOK, o, nil
	}
	if r.PathValue("page") == "default" {
		return http.StatusOK, managed{"pageContent": "<!DOCTYPE html>\n<!-- the default page -->", "widgetVersion": "^7"}, nil
	}
	return 0, nil, notFound(r.URL.Path)
}

func (m *API) assignGroup(r *http.Request, _ managed) (int, any, *apiError) {
	if refusal := m.parent(r); refusal != nil {
		return 0, nil, refusal
	}
	id := r.PathValue("group")
	if !slices.ContainsFunc(m.objects["groups"], func(g managed) bool { return g["id"] == id }) {
		return 0, nil, notFound(id)
	}
	m.singles[r.URL.Path] = managed{"id": id, "priority": 0}
	return http.StatusOK, m.singles[r.URL.Path], nil
}

func (m *API) putPage(r *http.Request, body managed) (int, any, *apiError) {
	if refusal := m.customBrand(r); refusal != nil {
		return 0, nil, refusal
	}
	if page := r.PathValue("page"); page != "preview" && page != "customized" {
		return 0, nil, notFound(page)
	}
	if text(body, "pageContent") == "" {
		return 0, nil, invalid("pageContent", "The field cannot be left blank")
	}
	if r.PathValue("page") == "customized" {
		if refusal := m.pagePublished(body); refusal != nil {
			return 0, nil, refusal
		}
	}
	m.singles[r.URL.Path] = body
	return http.StatusOK, body, nil
}

func (m *API) putWellKnown(r *http.Request, body managed) (int, any, *apiError) {
	if refusal := m.customBrand(r); refusal != nil {
		return 0, nil, refusal
	}
	if _, ok := body["representation"].(map[string]any); !ok {
		return 0, nil, invalid("representation", "The field cannot be left blank")
	}
	m.singles[r.URL.Path] = body
	return http.StatusOK, body, nil
}

// customBrand refuses a page of the default brand: without a custom domain
// Okta lets nobody edit its HTML.
func (m *API) customBrand(r *http.Request) *apiError {
	if refusal := m.parent(r); refusal != nil {
		return refusal
	}
	for _, b := range m.objects["brands"] {
		if b["id"] == r.PathValue("id") && b["isDefault"] == true {
			return &apiError{http.StatusForbidden, "E0000006", "You do not have permission to perform the requested action", nil}
		}
	}
	return nil
}

// needs refuses an object without one of the fields.
func needs(fields ...string) func(managed) *apiError {
	return func(o managed) *apiError {
		for _, f := range fields {
			if v, has := o[f]; !has || v == "" {
				return invalid(f, "The field cannot be left blank")
			}
		}
		return nil
	}
}

// at finds a value inside an object, or nil.
func at(o managed, path ...string) any {
	var v any = o
	for _, key := range path {
		inner, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = inner[key]
	}
	return v
}

func text(o managed, path ...string) string {
	s, _ := at(o, path...).(string)
	return s
}

func texts(o managed, path ...string) []string {
	list, _ := at(o, path...).([]any)
	var out []string
	for _, v := range list {
		out = append(out, fmt.Sprint(v))
	}
	return out
}
