package signout

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/authserver"
	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// Flaws of what the org sends, for tests of what an app must refuse. Each is
// one thing wrong with an otherwise good request.
const (
	FlawWrongType      = "wrong_type"
	FlawWrongIssuer    = "wrong_issuer"
	FlawWrongAudience  = "wrong_audience"
	FlawWrongClient    = "wrong_client"
	FlawExpired        = "expired"
	FlawFuture         = "future"
	FlawForeignKey     = "foreign_key"
	FlawUnknownKey     = "unknown_key"
	FlawAlgNone        = "alg_none"
	FlawNoToken        = "no_token"
	FlawUnknownFormat  = "unknown_format"
	FlawNonce          = "nonce"
	FlawNoEvent        = "no_event"
	FlawNoIssueTime    = "no_iat"
	FlawNoID           = "no_jti"
	FlawReplayed       = "replayed" // sent twice; the second answer is returned
	universalLogoutTyp = "global-token-revocation+jwt"
	logoutTokenTyp     = "logout+jwt" //nolint:gosec // G101: a media type
)

func outcome(status int, err error) string {
	if err != nil {
		return "not delivered"
	}
	return fmt.Sprintf("answered %d", status)
}

// signal signs a token with its flaw.
func (s *SignOut) signal(iss *authserver.Issuer, typ, flaw string, claims map[string]any) (string, error) {
	now := s.org.Now()
	switch flaw {
	case FlawWrongIssuer:
		claims["iss"] = "https://wrong-issuer.example"
	case FlawWrongAudience:
		claims["aud"] = "https://wrong-audience.example"
	case FlawWrongClient:
		claims["sub"] = org.NewID("0oa")
	case FlawExpired:
		claims["iat"], claims["exp"] = org.Seconds(now.Add(-20*time.Minute)), org.Seconds(now.Add(-10*time.Minute))
	case FlawFuture:
		claims["iat"], claims["exp"] = org.Seconds(now.Add(10*time.Minute)), org.Seconds(now.Add(15*time.Minute))
	case FlawNonce:
		claims["nonce"] = org.RandomToken()
	case FlawNoEvent:
		delete(claims, "events")
	case FlawNoIssueTime:
		delete(claims, "iat")
	case FlawNoID:
		delete(claims, "jti")
	case FlawWrongType:
		typ = "JWT"
	case FlawAlgNone:
		return authserver.Unsigned(claims)
	case "", FlawForeignKey, FlawUnknownKey, FlawNoToken, FlawUnknownFormat, FlawReplayed:
	default:
		return "", fmt.Errorf("there is no flaw %q", flaw)
	}
	signer := authserver.ByIssuer
	switch flaw {
	case FlawForeignKey:
		signer = authserver.ByStranger
	case FlawUnknownKey:
		signer = authserver.ByUnknown
	}
	return iss.Sign(signer, typ, claims)
}

// post sends a request, twice with FlawReplayed.
func (s *SignOut) post(ctx context.Context, target, flaw, contentType, body string, prepare func(*http.Request)) (int, error) {
	times := 1
	if flaw == FlawReplayed {
		times = 2
	}
	status := 0
	for range times {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(body))
		if err != nil {
			return 0, err
		}
		req.Close = true // the app may have been restarted since the last one
		req.Header.Set("Content-Type", contentType)
		prepare(req)
		resp, err := s.org.HTTPClient.Do(req)
		if err != nil {
			return 0, errors.Join(errors.New("the app does not answer"), err)
		}
		_ = resp.Body.Close()
		status = resp.StatusCode
	}
	return status, nil
}
