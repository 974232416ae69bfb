package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/passkey-sidecar/passkey-sidecar/internal/assertion"
)

// sessionKeyBytes is twice what a session key must have at least.
const sessionKeyBytes = 64

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "keygen",
		Usage: "[--assertion] [--out <file>]",
		Short: "Makes a session key, or a key for assertions",
		Long: `
Makes a key for: session { key {file.…} }, or with --assertion one for:
assertion { key {file.…} }. It prints the key, or writes it to a file that only
you may read, with --out. A file that is there is never overwritten.`,
		CobraFunc: func(cmd *cobra.Command) {
			forAssertion := cmd.Flags().Bool("assertion", false, "make a key that signs assertions (ECDSA P-256, PEM) instead of a session key")
			out := cmd.Flags().String("out", "", "write to this file, mode 0600, instead of the standard output")
			cmd.Args = cobra.NoArgs
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return keygen(cmd.OutOrStdout(), *forAssertion, *out) }
		},
	})
}

func keygen(w io.Writer, forAssertion bool, out string) error {
	key := make([]byte, sessionKeyBytes)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	text := []byte(base64.RawURLEncoding.EncodeToString(key) + "\n")
	if forAssertion {
		private, err := assertion.GenerateKey()
		if err != nil {
			return err
		}
		text = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	}
	if out == "" {
		_, err := w.Write(text)
		return err
	}
	file, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the file that the user names
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}
