package oktasetup

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestPageKeepsSettingsOfOthers(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	o.options.Page.Publish = false
	o.mustApply()
	if w := o.writes(); slices.ContainsFunc(w, func(c string) bool { return strings.HasSuffix(c, "/customized") && strings.Contains(c, "sign-in") }) {
		t.Errorf("published: %v", w)
	}
	api := o.api(o.okta.ManagementToken())
	brands, err := api.List(t.Context(), "/api/v1/brands")
	if err != nil {
		t.Fatal(err)
	}
	var brand struct{ ID string }
	if err := json.Unmarshal(brands[1], &brand); err != nil {
		t.Fatal(err)
	}
	path := "/api/v1/brands/" + brand.ID + "/pages/sign-in/customized"
	theirs := map[string]any{
		"pageContent": "<p>theirs</p>", "widgetCustomizations": map[string]any{"helpLabel": "Call 1234"},
		"contentSecurityPolicySetting": map[string]any{"mode": "enforced", "srcList": []string{"https://cdn.acme.test"}},
	}
	if err := api.Do(t.Context(), http.MethodPut, path, theirs, nil); err != nil {
		t.Fatal(err)
	}
	o.options.Page.Publish = true
	o.mustApply()
	var page json.RawMessage
	if err := api.Do(t.Context(), http.MethodGet, path, nil, &page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Call 1234", `"enforced"`, "https://cdn.acme.test", "https://cdn.cloud.corbado.io", "DOCTYPE", `"G2"`} {
		if !strings.Contains(string(page), want) {
			t.Errorf("no %s in %s", want, page)
		}
	}
	o.writes()
	if o.mustApply(); len(o.writes()) != 0 {
		t.Error("the page is written again and again")
	}
}
