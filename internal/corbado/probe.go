package corbado

import (
	"context"
	"net/http"
)

// Probe finds out whether Corbado takes the credential, without making anything: it
// asks for a connect token of no type for nobody, which cannot be made. It returns nil if
// Corbado refuses that for what it lacks, and otherwise what CreateConnectToken would.
func (c *Client) Probe(ctx context.Context) error {
	got, err := c.post(ctx, struct{}{})
	if err != nil {
		return err
	}
	if got.status >= 200 && got.status < 300 {
		return malformed(got.status, "it makes a connect token for nobody")
	}
	refused := readAPIError(got)
	if got.status == http.StatusBadRequest && refused.Type == "validation_error" {
		return nil
	}
	return refused
}
