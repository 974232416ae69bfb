package login

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
)

func TestTokenEndpointRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		answer map[string]any
		want   int
		code   string
		detail string
	}{
		{"WrongClientSecret", 401, map[string]any{"error": "invalid_client", "error_description": "The client secret supplied for a confidential client is invalid."}, 502, "client_rejected", "client_secret"},
		{"TwoCredentials", 400, map[string]any{"error": "invalid_request", "error_description": "Can't supply multiple client credentials."}, 502, "client_rejected", "client_auth"},
		{"DPoPNonce", 400, map[string]any{"error": "use_dpop_nonce"}, 502, "dpop_required", "DPoP"},
		{"DPoPProof", 400, map[string]any{"error": "invalid_dpop_proof"}, 502, "dpop_required", "DPoP"},
		{"ServerError", 500, map[string]any{"error": "server_error"}, 503, "identity_provider_unavailable", ""},
		{"BadGateway", 502, nil, 503, "identity_provider_unavailable", ""},
		{"Unknown", 400, map[string]any{"error": "odd", "error_description": "more than 100 groups\n<script>"}, 502, "token_refused", "more than 100 groups?<script>"},
		{"ErrorWithStatus200", 200, map[string]any{"error": "odd"}, 502, "token_refused", "odd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.op.token = func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, c.status, c.answer) }
			b := s.browser()
			p := b.signIn("/a")
			wantProblem(t, p, c.want, c.code)
			if !strings.Contains(p.told(), c.detail) {
				t.Errorf("detail %q lacks %q", p.told(), c.detail)
			}
			if c.want == http.StatusServiceUnavailable && p.problem.RetryAfter <= 0 {
				t.Error("no Retry-After")
			}
			if s.op.count("/token") != 1 {
				t.Error("the single-use code was sent twice")
			}
		})
	}
}

func TestTokenEndpointRateLimit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct {
		header, value string
		want          time.Duration
	}{
		{"X-Rate-Limit-Reset", strconv.FormatInt(s.clock.Now().Unix()+42, 10), 42 * time.Second},
		{"X-Rate-Limit-Reset", "99999999999", longestWait},
		{"X-Rate-Limit-Reset", "0", time.Second},
		{"Retry-After", "7", 7 * time.Second},
		{"Retry-After", "99999999999", longestWait},
		{"Retry-After", "-5", time.Second},
		{"Retry-After", "soon", limitedWait},
	} {
		s.op.token = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(c.header, c.value)
			writeJSON(w, http.StatusTooManyRequests, map[string]any{"errorCode": "E0000047"})
		}
		p := s.browser().signIn("/a")
		wantProblem(t, p, http.StatusServiceUnavailable, "identity_provider_busy")
		if p.problem.RetryAfter != c.want {
			t.Errorf("%s: %s: wait %s, want %s", c.header, c.value, p.problem.RetryAfter, c.want)
		}
	}
}

func TestMissingIDToken(t *testing.T) {
	t.Parallel()
	for _, v := range []any{nil, "", 7, []string{"x"}} {
		wantRefused(t, http.StatusBadGateway, "id_token_missing", "no id_token", func(s *site) {
			s.op.answer = func(a map[string]any) { a["id_token"] = v }
		})
	}
}

func TestHugeTokenAnswer(t *testing.T) {
	t.Parallel()
	wantRefused(t, http.StatusServiceUnavailable, "identity_provider_unavailable", "", func(s *site) {
		*s.rp.provider.Client() = *outbound.NewClient(0)
		s.op.token = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"`)
			_, _ = io.WriteString(w, strings.Repeat("x", 3<<20))
			_, _ = io.WriteString(w, `"}`)
		}
	})
}

func TestSlowTokenEndpoint(t *testing.T) {
	t.Parallel()
	wantRefused(t, http.StatusServiceUnavailable, "identity_provider_unavailable", "", func(s *site) {
		s.rp.provider.Client().Timeout = 50 * time.Millisecond
		s.op.token = func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}
	})
}

func TestTokenEndpointRedirectDoesNotCarryTheSecretAway(t *testing.T) {
	t.Parallel()
	elsewhere := newOP(t, newClock())
	wantRefused(t, http.StatusServiceUnavailable, "identity_provider_unavailable", "redirected to another host", func(s *site) {
		*s.rp.provider.Client() = *outbound.NewClient(0)
		s.op.token = func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/token", http.StatusTemporaryRedirect)
		}
	})
	if elsewhere.count("/token") != 0 {
		t.Error("the code and the secret went to another host")
	}
}

func TestClientSecretPost(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *Config) { c.AuthStyle = oauth2.AuthStyleInParams })
	s.op.token = func(w http.ResponseWriter, r *http.Request) {
		if _, _, basic := r.BasicAuth(); basic || r.PostFormValue("client_secret") != testSecret || r.PostFormValue("client_id") != testClientID {
			t.Errorf("client authentication: %v %v", r.Header["Authorization"], r.PostForm)
		}
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "odd"})
	}
	wantProblem(t, s.browser().signIn("/"), http.StatusBadGateway, "token_refused")
}

func TestRefreshTokenIsKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.op.answer = func(a map[string]any) { a["refresh_token"] = "refresh-1" }
	b := s.browser()
	b.signIn("/")
	if got := b.session().RefreshToken; got != "refresh-1" {
		t.Errorf("refresh token %q", got)
	}
}
