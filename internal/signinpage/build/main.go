// Command build makes the script of the sign-in page from
// assets/src/oktasignin, with the esbuild that tools/go.mod pins. Run it through
// `go generate ./internal/signinpage`, or name another file than dist/signin.js.
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

// build runs in the folder internal/signinpage.
func build(ctx context.Context, out string) error {
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil { //nolint:gosec // a public folder of the repository
		return err
	}
	//nolint:gosec // constants, and the file that the developer names
	cmd := exec.CommandContext(ctx, "go", "tool", "-modfile=../../tools/go.mod", "esbuild",
		"../../assets/src/oktasignin/main.ts", "--bundle", "--format=iife", "--target=es2020,safari15",
		"--charset=ascii", "--log-level=warning", "--outfile="+out)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}
