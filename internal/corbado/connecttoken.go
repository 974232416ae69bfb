package corbado

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/outbound"
	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

// ConnectTokenType says what a connect token permits (Corbado: Backend API,
// connectTokens). The API knows passkey-login too; the product has no use for
// it.
type ConnectTokenType string

// The types of connect token.
const (
	PasskeyAppend ConnectTokenType = "passkey-append" //nolint:gosec // G101: a name, no credential
	PasskeyList   ConnectTokenType = "passkey-list"
	PasskeyDelete ConnectTokenType = "passkey-delete"
)

// ConnectTokenRequest asks for a permission on one user's passkeys.
type ConnectTokenRequest struct {
	Type ConnectTokenType
	// Identifier is what Corbado knows the user by.
	Identifier string
	// DisplayName is what the browser's dialog and the passkey provider show.
	// It is sent for PasskeyAppend only; the other types take no more than the
	// identifier, and Corbado should learn no more than it needs.
	DisplayName string
	// MaxLifetime is rounded down to seconds; under a second leaves it to
	// Corbado.
	MaxLifetime time.Duration
}

// ConnectToken is a permission as the browser uses it.
type ConnectToken struct {
	// ID names the token in Corbado's console and in the audit log. It is no
	// secret. Empty if the answer held none of the usual form.
	ID string
	// Secret is what the browser presents to Corbado.
	Secret secret.Value
	// Expires has a resolution of seconds.
	Expires time.Time
}

// maxAnswer caps what is read of an answer, in bytes; a real one has a few
// hundred.
const maxAnswer = 64 << 10

var tokenIDForm = regexp.MustCompile(`^ctk-[A-Za-z0-9-]{1,64}$`)

type connectTokenBody struct {
	Type        ConnectTokenType `json:"type"`
	Data        connectTokenData `json:"data"`
	MaxLifetime int64            `json:"maxLifetimeInSeconds,omitempty"`
}

type connectTokenData struct {
	DisplayName string `json:"displayName,omitempty"`
	Identifier  string `json:"identifier"`
}

// CreateConnectToken sends one POST /v2/connectTokens and never a second one.
// The context's deadline limits it, DefaultTimeout if there is none.
//
// Errors are *APIError when Corbado answered and *UnreachableError when it did
// not; both match one of ErrUnauthorized, ErrRateLimited, ErrUnavailable and
// ErrRejected. After ErrUnavailable the token may exist all the same.
func (c *Client) CreateConnectToken(ctx context.Context, in ConnectTokenRequest) (ConnectToken, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultTimeout)
		defer cancel()
	}
	body := connectTokenBody{
		Type:        in.Type,
		Data:        connectTokenData{Identifier: in.Identifier},
		MaxLifetime: int64(in.MaxLifetime / time.Second),
	}
	if in.Type == PasskeyAppend {
		body.Data.DisplayName = in.DisplayName
	}
	got, err := c.post(ctx, body)
	if err != nil {
		return ConnectToken{}, err
	}
	if got.status < 200 || got.status > 299 {
		return ConnectToken{}, readAPIError(got)
	}
	return readConnectToken(got, in.Type)
}

// answer is what is kept of an HTTP response.
type answer struct {
	status     int
	retryAfter time.Duration
	body       []byte
}

// post sends body and reads the answer to its end, so that the connection
// serves the next call.
func (c *Client) post(ctx context.Context, body any) (answer, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return answer{}, fmt.Errorf("encode connect token request: %w", err)
	}
	req, err := http.NewRequestWithContext(outbound.Named(ctx, outbound.ConnectToken), http.MethodPost, c.tokensURL, bytes.NewReader(encoded))
	if err != nil {
		return answer{}, fmt.Errorf("make connect token request: %w", err)
	}
	// No Origin header: Corbado takes a call that has one for a browser's.
	req.Header.Set("Authorization", c.authorization.Reveal())
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, &UnreachableError{Host: c.host, Reason: reason(err), cause: err}
	}
	defer func() { _ = resp.Body.Close() }()
	read, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return answer{}, &UnreachableError{Host: c.host, Reason: reason(err), cause: err}
	}
	return answer{resp.StatusCode, retryAfter(resp.Header.Get("Retry-After"), c.now()), read}, nil
}

func readConnectToken(got answer, want ConnectTokenType) (ConnectToken, error) {
	var out struct {
		ID      string           `json:"id"`
		Type    ConnectTokenType `json:"tokenType"`
		Secret  string           `json:"secret"`
		Expires int64            `json:"expires"`
	}
	switch err := json.Unmarshal(got.body, &out); {
	case len(got.body) > maxAnswer:
		return ConnectToken{}, malformed(got.status, "it is too large")
	case err != nil:
		return ConnectToken{}, malformed(got.status, "it is not the JSON of a connect token")
	case out.Secret == "":
		return ConnectToken{}, malformed(got.status, "it has no secret")
	case out.Expires <= 0:
		return ConnectToken{}, malformed(got.status, "it has no time of expiry")
	case out.Type != want:
		return ConnectToken{}, malformed(got.status, "it has another type")
	}
	if !tokenIDForm.MatchString(out.ID) {
		out.ID = ""
	}
	return ConnectToken{ID: out.ID, Secret: secret.New(out.Secret), Expires: time.Unix(out.Expires, 0)}, nil
}
