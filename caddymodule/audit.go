package caddymodule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
)

// ecsVersion is the version of the Elastic Common Schema that the fields' names are from.
const ecsVersion = "8.11.0"

// classes are the moments that are audited, as the schema classifies them: category and
// type are from its lists of allowed values.
var classes = map[moment.Kind]class{
	moment.SignedIn:            {success, []string{"authentication", "session"}, []string{"start"}},
	moment.SignInFailed:        {failure, []string{"authentication"}, []string{"start"}},
	moment.SteppedUp:           {success, []string{"authentication", "session"}, []string{"start"}},
	moment.StepUpFailed:        {failure, []string{"authentication"}, []string{"start"}},
	moment.SignedOut:           {success, []string{"authentication", "session"}, []string{"end"}},
	moment.SessionRevoked:      {success, []string{"session"}, []string{"end"}},
	moment.RevocationRefused:   {failure, []string{"session"}, []string{"end"}},
	moment.ConnectTokenCreated: {success, []string{"iam"}, []string{"user", "info"}},
	moment.ConnectTokenRefused: {failure, []string{"iam"}, []string{"user", "info"}},
	moment.ConnectTokenFailed:  {failure, []string{"iam"}, []string{"user", "info"}},
	moment.PasskeyAdded:        {success, []string{"iam"}, []string{"user", "creation"}},
	moment.PasskeyRemoved:      {success, []string{"iam"}, []string{"user", "deletion"}},
	moment.AccessRefused:       {failure, []string{"api"}, []string{"access", "denied"}},
	moment.BearerRefused:       {failure, []string{"api", "authentication"}, []string{"access", "denied"}},
}

type class struct {
	outcome         string
	category, types []string
}

// field is one of an audit line, or of an event's data.
type field struct {
	name  string
	value any
}

// record is an audited moment: what, who, whence and how, and no secret. It ends with
// what is not always known.
func (p *Passkeys) record(ctx context.Context, m moment.Moment, c class, dropped int) []field {
	all := []field{
		{"@timestamp", time.Now().UTC().Format(time.RFC3339Nano)},
		{"ecs.version", ecsVersion},
		{"event.kind", "event"},
		{"event.dataset", "passkeys.audit"},
		{"event.action", string(m.Kind)},
		{"event.category", c.category},
		{"event.type", c.types},
		{"event.outcome", c.outcome},
		{"passkeys.client_id", p.site.clientID},
	}
	add := func(name, value string) {
		if value != "" {
			all = append(all, field{name, value})
		}
	}
	add("event.reason", m.Cause)
	if m.Took > 0 {
		all = append(all, field{"event.duration", m.Took.Nanoseconds()})
	}
	ip, _ := caddyhttp.GetVar(ctx, caddyhttp.ClientIPVarKey).(string)
	add("client.ip", ip)
	add("http.request.id", requestIDOf(ctx))
	trace, _ := caddyhttp.GetVar(ctx, "trace_id").(string)
	add("trace.id", trace)
	add("passkeys.token.type", m.Token)
	add("passkeys.token.id", m.TokenID)
	if dropped > 0 {
		all = append(all, field{"passkeys.not_logged", dropped})
	}
	return append(all, whom(m)...)
}

// whom says who the user is and how they signed in. Neither name nor address: the
// subject is what the identity provider knows them by.
func whom(m moment.Moment) (all []field) {
	s := m.Session
	if s == nil {
		return nil
	}
	for _, f := range []struct{ name, value string }{
		{"user.id", s.Subject},
		{"passkeys.issuer", s.Issuer},
		{"passkeys.session", sessionDigest(s.ID)},
		{"passkeys.idp", s.IDP},
		{"passkeys.acr", s.ACR},
	} {
		if f.value != "" {
			all = append(all, field{f.name, f.value})
		}
	}
	if s.AMR != "" {
		all = append(all, field{"passkeys.amr", strings.Fields(s.AMR)})
	}
	if s.ID != "" {
		all = append(all, field{"passkeys.by_passkey", s.Passkey})
	}
	if m.Bearer {
		all = append(all, field{"passkeys.bearer", true})
	}
	return all
}

// sessionDigest names a session to whoever reads the log. Nobody can make the session's
// ID of it, which the app may know as sid.
func sessionDigest(id string) string {
	if id == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("audit " + id))
	return hex.EncodeToString(sum[:16])
}

// audit writes the line of a moment.
func (p *Passkeys) audit(all []field, action moment.Kind) {
	line := p.auditLog.Check(zap.InfoLevel, string(action))
	if line == nil {
		return
	}
	fields := make([]zap.Field, len(all))
	for i, f := range all {
		fields[i] = zap.Any(f.name, f.value)
	}
	line.Write(fields...)
}
