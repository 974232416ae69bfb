package connecttoken

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/corbado"
	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// created writes the audit line of a token. The token's ID is no secret.
func (h *Handler) created(ctx context.Context, kind corbado.ConnectTokenType, s *session.Session, token corbado.ConnectToken, latency time.Duration) {
	h.moments.Tell(ctx, moment.Moment{Kind: moment.ConnectTokenCreated, Session: s, Token: string(kind), TokenID: token.ID, Took: latency})
	h.log.LogAttrs(ctx, slog.LevelInfo, "connect token created",
		append(who(kind, s),
			slog.String("token_id", token.ID),
			slog.Time("expires", token.Expires.UTC()),
			milliseconds(latency))...)
}

// refused writes the audit line of a request that never reached Corbado. It is an error
// only where the operator must mend something. Anybody can provoke the others, and
// without a session as often as they like.
func (h *Handler) refused(ctx context.Context, kind corbado.ConnectTokenType, s *session.Session, p *problem.Problem) {
	h.moments.Tell(ctx, moment.Moment{Kind: moment.ConnectTokenRefused, Cause: p.Code, Session: s, Token: string(kind)})
	level := slog.LevelInfo
	switch {
	case p.Code == "no_identifier":
		level = slog.LevelError
	case s != nil:
		level = slog.LevelWarn
	}
	attrs := append(who(kind, s), slog.String("code", p.Code), slog.Int("status", p.Status))
	if p.Err != nil {
		attrs = append(attrs, slog.String("reason", p.Err.Error()))
	}
	const msg = "connect token refused"
	if s == nil {
		h.quiet.LogAttrs(ctx, level, msg, p.Code, attrs...)
		return
	}
	h.log.LogAttrs(ctx, level, msg, attrs...)
}

// failed writes the audit line of a request that Corbado did not serve.
func (h *Handler) failed(ctx context.Context, kind corbado.ConnectTokenType, s *session.Session, p *problem.Problem, latency time.Duration) {
	h.moments.Tell(ctx, moment.Moment{Kind: moment.ConnectTokenFailed, Cause: p.Code, Session: s, Token: string(kind), Took: latency})
	level := slog.LevelWarn
	switch {
	case ctx.Err() != nil: // the browser left
		level = slog.LevelInfo
	case p.Status == http.StatusBadGateway:
		level = slog.LevelError
	}
	attrs := append(who(kind, s), slog.String("code", p.Code), milliseconds(latency))
	if api, ok := errors.AsType[*corbado.APIError](p.Err); ok {
		attrs = append(attrs,
			slog.Int("corbado_status", api.Status),
			slog.String("corbado_type", api.Type),
			slog.String("corbado_request_id", api.RequestID))
	}
	attrs = append(attrs, slog.String("reason", p.Err.Error()))
	h.log.LogAttrs(ctx, level, "connect token failed", attrs...)
}

// who names type and user as far as they are known.
func who(kind corbado.ConnectTokenType, s *session.Session) []slog.Attr {
	attrs := make([]slog.Attr, 0, 8)
	if kind != "" {
		attrs = append(attrs, slog.String("type", string(kind)))
	}
	if s != nil {
		attrs = append(attrs, slog.String("iss", s.Issuer), slog.String("sub", s.Subject))
	}
	return attrs
}

func milliseconds(d time.Duration) slog.Attr {
	return slog.Float64("latency_ms", float64(d.Microseconds())/1000)
}
