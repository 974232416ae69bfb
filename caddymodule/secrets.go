package caddymodule

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

// resolver turns the configuration's placeholders into values when it is
// loaded. What it returns goes into unexported fields and the rooms' own
// configurations only: Caddy prints exported ones, with `trace` or through the
// admin API.
type resolver struct {
	repl *caddy.Replacer
	log  *slog.Logger
}

// text resolves a setting that is no secret. A placeholder that is unknown or
// empty is an error, because a half-filled URL would fail later and elsewhere.
func (rv resolver) text(setting, raw string) (string, error) {
	v, err := rv.repl.ReplaceOrErr(raw, true, true)
	if err != nil {
		return "", fmt.Errorf("%s: %w", setting, err)
	}
	return v, nil
}

// texts is text for a list.
func (rv resolver) texts(setting string, raw []string) ([]string, error) {
	out := make([]string, len(raw))
	for i, one := range raw {
		v, err := rv.text(setting, one)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// issuer is text for the name of an issuer, which is checked.
func (rv resolver) issuer(ctx context.Context, setting, raw string) (string, error) {
	v, err := rv.text(setting, raw)
	if err == nil {
		err = checkIssuer(setting, v)
	}
	if err != nil {
		return "", err
	}
	warnOfSlash(ctx, rv.log, setting, v)
	return v, nil
}

// secret resolves a secret. Errors and warnings name the setting and never what
// stood there.
func (rv resolver) secret(ctx context.Context, setting, raw string) (secret.Value, error) {
	if !strings.Contains(raw, "{") {
		rv.log.WarnContext(ctx, "a secret stands literally in the configuration, where the admin API and autosave.json show it; "+
			"use a placeholder like {file./run/secrets/name} or {env.NAME} ({$NAME} is pasted in too)", slog.String("setting", setting))
	}
	v, err := rv.repl.ReplaceOrErr(raw, true, true)
	if err != nil {
		// The replacer's error quotes the placeholder, not its value.
		return secret.Value{}, fmt.Errorf("%s: %w (a secret file must exist, be readable and not be empty)", setting, err)
	}
	if v = strings.TrimSpace(v); v == "" {
		return secret.Value{}, fmt.Errorf("%s is empty", setting)
	}
	return secret.New(v), nil
}
