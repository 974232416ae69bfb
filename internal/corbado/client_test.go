package corbado

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

const (
	project   = "pro-1234567890"
	apiSecret = "corbado1_S3cr3tS3cr3tS3cr3t"
)

func encode(plain string) string { return base64.StdEncoding.EncodeToString([]byte(plain)) }

func TestAuthorization(t *testing.T) {
	ready := encode(project + ":" + apiSecret)
	for name, tc := range map[string]struct{ given, want, wantErr string }{
		"API secret":                    {given: apiSecret, want: "Basic " + ready},
		"ready Basic value":             {given: ready, want: "Basic " + ready},
		"ready Basic header":            {given: "Basic " + ready, want: "Basic " + ready},
		"ready value of a later prefix": {given: encode(project + ":corbado2_new"), want: "Basic " + encode(project+":corbado2_new")},
		"Backend API key":               {given: "Bearer key.with-any_form~1", want: "Bearer key.with-any_form~1"},
		"scheme in another case":        {given: "bearer key", want: "Bearer key"},

		"nothing":                         {given: "", wantErr: "empty"},
		"prefix only":                     {given: "corbado1_", wantErr: "empty"},
		"Bearer nothing":                  {given: "Bearer ", wantErr: "empty"},
		"other prefix":                    {given: "sk_live_12345", wantErr: "no form"},
		"secret alone as Basic":           {given: "Basic " + apiSecret, wantErr: "no form"},
		"not encoded":                     {given: project + ":" + apiSecret, wantErr: "no form"},
		"base64 of something else":        {given: encode("hello:" + apiSecret), wantErr: "no form"},
		"base64 without project":          {given: encode(apiSecret), wantErr: "no form"},
		"ready value of another project":  {given: encode("pro-2:" + apiSecret), wantErr: "for the project pro-2, but the project ID is " + project},
		"ready value without secret":      {given: encode(project + ":"), wantErr: "empty"},
		"ready value made with a newline": {given: encode(project + ":" + apiSecret + "\n"), wantErr: "white space"},
		"trailing newline":                {given: apiSecret + "\n", wantErr: "white space"},
		"leading space":                   {given: " " + apiSecret, wantErr: "white space"},
		"space inside":                    {given: apiSecret + " x", wantErr: "white space"},
		"tab":                             {given: apiSecret + "\tx", wantErr: "white space"},
		"header injection":                {given: "Bearer key\r\nX-Evil: 1", wantErr: "white space"},
		"control character":               {given: apiSecret + "\x00", wantErr: "control character"},
		"delete character":                {given: apiSecret + "\x7f", wantErr: "control character"},
		"letter beyond ASCII":             {given: apiSecret + "ü", wantErr: "ASCII"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := authorize(project, secret.New(tc.given))
			if tc.wantErr == "" {
				if err != nil || got.Reveal() != tc.want {
					t.Fatalf("got %q, %v; want %q", got.Reveal(), err, tc.want)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.wantErr) {
				t.Fatalf("got error %v, want one with %q", err, tc.wantErr)
			}
			for _, part := range []string{"S3cr3t", "sk_live", "evil", "Evil"} {
				if strings.Contains(err.Error(), part) {
					t.Errorf("the error shows the secret: %v", err)
				}
			}
		})
	}
}

func TestNewRefusesUnsafeConfig(t *testing.T) {
	good := Config{
		BaseURL: "https://backendapi.cloud.corbado.io", ProjectID: project,
		APISecret: secret.New(apiSecret), HTTPClient: http.DefaultClient,
	}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		change  func(*Config)
		wantErr string
	}{
		"plain http to another machine": {func(c *Config) { c.BaseURL = "http://backendapi.cloud.corbado.io" }, "use https"},
		"/v2 twice":                     {func(c *Config) { c.BaseURL += "/v2/" }, "leave out /v2"},
		"password in the URL":           {func(c *Config) { c.BaseURL = "https://u:hunter2@backend.example" }, "no user"},
		"query":                         {func(c *Config) { c.BaseURL += "?x=1" }, "no user, query"},
		"other scheme":                  {func(c *Config) { c.BaseURL = "ftp://backend.example" }, "is not a URL"},
		"no scheme":                     {func(c *Config) { c.BaseURL = "backendapi.cloud.corbado.io" }, "is not a URL"},
		"empty URL":                     {func(c *Config) { c.BaseURL = "" }, "is not a URL"},
		"broken URL":                    {func(c *Config) { c.BaseURL = "https://u:hunter2@%zz" }, "is not a URL"},
		"project ID with a path":        {func(c *Config) { c.ProjectID = "pro-1/../x" }, "is not pro-"},
		"no project ID":                 {func(c *Config) { c.ProjectID = "" }, "is not pro-"},
		"no secret":                     {func(c *Config) { c.APISecret = secret.Value{} }, "empty"},
		"no HTTP client":                {func(c *Config) { c.HTTPClient = nil }, "HTTP client"},
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			tc.change(&c)
			_, err := New(c)
			if err == nil || !strings.Contains(err.Error(), tc.wantErr) {
				t.Fatalf("got error %v, want one with %q", err, tc.wantErr)
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "S3cr3t") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestBaseURLKeepsPathAndLosesSlash(t *testing.T) {
	for raw, want := range map[string]string{
		"https://backendapi.cloud.corbado.io/":  "https://backendapi.cloud.corbado.io/v2/connectTokens",
		"http://corbado.acme.localhost:8080":    "http://corbado.acme.localhost:8080/v2/connectTokens",
		"https://egress.example.com/corbado//":  "https://egress.example.com/corbado/v2/connectTokens",
		"http://127.0.0.1:9/":                   "http://127.0.0.1:9/v2/connectTokens",
		"http://[::1]:9":                        "http://[::1]:9/v2/connectTokens",
		"https://backendapi.corbado.io:8443/v1": "https://backendapi.corbado.io:8443/v1/v2/connectTokens",
	} {
		c, err := New(Config{BaseURL: raw, ProjectID: project, APISecret: secret.New(apiSecret), HTTPClient: http.DefaultClient})
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if c.tokensURL != want {
			t.Errorf("%s: got %s, want %s", raw, c.tokensURL, want)
		}
	}
}
