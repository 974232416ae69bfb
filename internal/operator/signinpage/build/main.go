// Command build makes the script of the sign-in page from
// assets/src/oktasignin, with the esbuild that tools/go.mod pins. Run it through
// `go generate ./internal/operator/signinpage`, or name another file than dist/signin.js.
//
// The script stays readable: operators see it in Okta's page editor.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	out := "dist/signin.js"
	if len(os.Args) > 1 {
		out = os.Args[1]
	}
	if err := build(context.Background(), out); err != nil {
		fmt.Fprintln(os.Stderr, "build the sign-in page's script:", err)
		os.Exit(1)
	}
}

// build runs in the folder internal/operator/signinpage. esbuild runs in the one
// above, because its comments name the sources as seen from there, and operators
// would take another name for another page.
func build(ctx context.Context, out string) error {
	out, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil { //nolint:gosec // a public folder of the repository
		return err
	}
	//nolint:gosec // constants, and the file that the developer names
	cmd := exec.CommandContext(ctx, "go", "tool", "-modfile=../../tools/go.mod", "esbuild",
		"../../assets/src/oktasignin/main.ts", "--bundle", "--format=iife", "--target=es2020,safari15",
		"--charset=ascii", "--log-level=warning", "--outfile="+out)
	cmd.Dir = ".."
	cmd.Stderr = os.Stderr
	return cmd.Run()
}
