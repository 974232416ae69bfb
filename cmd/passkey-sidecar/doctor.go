package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/doctor"
)

// What the command exits with, by the worst finding. 1 is left to what kept it from
// looking at all: a flag, a file that is not there.
const (
	exitHealthy  = caddy.ExitCodeSuccess
	exitWarnings = 2
	exitErrors   = 3
)

const doctorLong = `
Checks a live set-up from where it runs, and prints what is wrong, why, and the
fix, the worst last: configuration and secrets, Okta or Auth0, Corbado, Redis,
the app, and what stands in front. It changes nothing anywhere, signs nobody in
and prints no secret. Each check takes at most 10 seconds, all at most a minute.

Run it as the sidecar runs: on the same machine or in the same container, with
the same environment and secret files.

It exits 0 if nothing is wrong (unproven findings are for you to look at), 2 if
the worst is a warning, 3 if it is an error, and 1 if it could not look.`

// doctorFlags are the flags of the command.
type doctorFlags struct {
	config, idToken, rpID string
	json, signInPage      bool
}

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "doctor",
		Usage: "[--config <file>]",
		Short: "Checks a live set-up: Okta, Corbado, Redis, the app, and what lies between",
		Long:  doctorLong,
		CobraFunc: func(cmd *cobra.Command) {
			var f doctorFlags
			flags := cmd.Flags()
			flags.StringVarP(&f.config, "config", "c", "Caddyfile", "the configuration: a Caddyfile, or Caddy's JSON in a file that ends in .json")
			flags.StringVar(&f.idToken, "id-token", "", "a file with an ID token of the client, or - for the standard input, to forecast claims and cookies")
			flags.BoolVar(&f.signInPage, "signin-page", false, "look on Okta's sign-in page for the script of the command: okta signin-page")
			flags.StringVar(&f.rpID, "rp-id", "", "the relying party ID in Corbado's console")
			flags.BoolVar(&f.json, "json", false, "print JSON")
			cmd.Args = cobra.NoArgs
			cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) {
				cmd.SilenceErrors = true // of an exit code; Caddy logs real ones
				ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
				defer stop()
				return f.run(ctx, cmd.InOrStdin(), cmd.OutOrStdout())
			})
		},
	})
}

func (f doctorFlags) run(ctx context.Context, in io.Reader, out io.Writer) (int, error) {
	options := doctor.Options{SignInPage: f.signInPage, RPID: f.rpID}
	var err error
	if options.IDToken, err = f.readIDToken(in); err != nil {
		return caddy.ExitCodeFailedStartup, err
	}
	found, err := f.examine(ctx, options)
	if err != nil {
		return caddy.ExitCodeFailedStartup, err
	}
	write := doctor.Write
	if f.json {
		write = doctor.WriteJSON
	}
	if err := write(out, found); err != nil {
		return caddy.ExitCodeFailedStartup, err
	}
	switch doctor.Worst(found) {
	case doctor.Error:
		return exitErrors, nil
	case doctor.Warning:
		return exitWarnings, nil
	default:
		return exitHealthy, nil
	}
}

// examine looks at every site of the configuration. One that cannot be adapted is a
// finding; one that cannot be read is not.
func (f doctorFlags) examine(ctx context.Context, options doctor.Options) ([]doctor.Finding, error) {
	raw, err := os.ReadFile(f.config)
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	sites, err := readSites(ctx, f.config, raw)
	if err != nil {
		return []doctor.Finding{unreadable(err)}, nil
	}
	// All at once, so that many sites take no longer than one.
	each := make([][]doctor.Finding, len(sites))
	var all sync.WaitGroup
	for i, site := range sites {
		all.Go(func() { each[i] = doctor.Examine(ctx, site, options) })
	}
	all.Wait()
	found := slices.Concat(each...)
	doctor.Sort(found)
	return found, ctx.Err()
}

// secretLike are words that may be a secret, written where none belongs: Caddy's messages
// quote the word that they stumble over.
var secretLike = regexp.MustCompile(`[A-Za-z0-9_+=-]{16,}`)

func unreadable(err error) doctor.Finding {
	said := secretLike.ReplaceAllStringFunc(err.Error(), func(word string) string {
		if strings.ContainsAny(word, "0123456789") {
			return "…"
		}
		return word
	})
	return doctor.Finding{
		Check: "configuration", Level: doctor.Error, What: "the configuration cannot be read", Why: said,
		Fix: "correct what the message names; `passkey-sidecar adapt` shows the same",
	}
}

// maxIDToken is far more than any ID token, in bytes.
const maxIDToken = 1 << 20

func (f doctorFlags) readIDToken(in io.Reader) (string, error) {
	if f.idToken == "" {
		return "", nil
	}
	if f.idToken != "-" {
		if strings.HasPrefix(f.idToken, "eyJ") {
			return "", errors.New("--id-token takes a file, so that the token does not show on the command line")
		}
		file, err := os.Open(f.idToken)
		if err != nil {
			return "", fmt.Errorf("--id-token: %w", err)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxIDToken))
	if err != nil {
		return "", fmt.Errorf("--id-token: %w", err)
	}
	if len(strings.TrimSpace(string(raw))) == 0 {
		return "", errors.New("--id-token: it is empty")
	}
	return string(raw), nil
}
