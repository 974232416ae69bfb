package connecttoken

import (
	"context"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// lifetimes are how long a token of each type may live. Other types are not handed
// out. The component asks for an append token when it appears and presents it at once.
// Whether Corbado checks it again after the browser's dialog is not documented, so five
// minutes leave time for that dialog. A delete token is presented right after the
// click. One list token is enough for the passkey page for as long as it is open.
var lifetimes = map[corbado.ConnectTokenType]time.Duration{
	corbado.PasskeyAppend: 5 * time.Minute,
	corbado.PasskeyDelete: 2 * time.Minute,
	corbado.PasskeyList:   30 * time.Minute,
}

// request turns what the browser wants into a request for the session's user,
// if that user may have one more token now.
func (h *Handler) request(ctx context.Context, kind corbado.ConnectTokenType, s *session.Session) (corbado.ConnectTokenRequest, *problem.Problem) {
	if wait := h.take(ctx, s); wait > 0 {
		return corbado.ConnectTokenRequest{}, rateLimited(wait)
	}
	identifier := s.Claim(h.identifier)
	if identifier == "" {
		return corbado.ConnectTokenRequest{}, noIdentifier(h.identifier)
	}
	return corbado.ConnectTokenRequest{
		Type:       kind,
		Identifier: identifier,
		// Corbado takes no append token without a display name.
		DisplayName: s.DisplayName(),
		MaxLifetime: lifetimes[kind],
	}, nil
}
