// Command build makes assets/dist from assets/src with esbuild, the version that
// tools/go.mod pins. Run it through `go generate ./assets`. The same sources give
// the same bytes, so CI builds again and compares.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// entries are the files that pages refer to, by their sources.
var entries = []string{
	"append.ts", "arrive.ts", "formkept.ts", "framed.ts", "leave.ts", "list.ts", "offerform.ts", "recall.ts", "repost.ts", "session.ts", "signedin.ts", "signedout.ts", "page.css",
}

func main() {
	if err := build(context.Background(), "dist"); err != nil {
		fmt.Fprintln(os.Stderr, "build assets:", err)
		os.Exit(1)
	}
}

// build runs in the folder assets.
func build(ctx context.Context, dist string) error {
	bundled, err := os.MkdirTemp("", "assets-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(bundled) }()
	if err := bundle(ctx, bundled); err != nil {
		return err
	}
	if err := os.RemoveAll(dist); err != nil {
		return err
	}
	if err := os.MkdirAll(dist, 0o755); err != nil { //nolint:gosec // a public folder of the repository
		return err
	}
	manifest := make(map[string]string)
	for _, entry := range entries {
		logical := strings.Replace(entry, ".ts", ".js", 1)
		body, err := os.ReadFile(filepath.Join(bundled, logical)) //nolint:gosec // a folder that we made
		if err != nil {
			return err
		}
		if manifest[logical], err = write(dist, logical, body); err != nil {
			return err
		}
	}
	list, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dist, "manifest.json"), append(list, '\n'), 0o644) //nolint:gosec // a public file of the repository
}

func bundle(ctx context.Context, outdir string) error {
	args := []string{
		"tool", "-modfile=../tools/go.mod", "esbuild",
		"--bundle", "--minify", "--format=iife", "--target=es2020,safari15", "--charset=utf8",
		"--log-level=warning", "--outdir=" + outdir,
	}
	for _, entry := range entries {
		args = append(args, "src/"+entry)
	}
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // constants and a folder that we made
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// write stores a file under the name that its content gives it, and its .gz
// twin, and returns the name.
func write(dist, logical string, body []byte) (string, error) {
	sum := sha256.Sum256(body)
	ext := filepath.Ext(logical)
	name := strings.TrimSuffix(logical, ext) + "-" + hex.EncodeToString(sum[:5]) + ext
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression) // no name, no time: the same bytes each time
	if err != nil {
		return "", err
	}
	if _, err := z.Write(body); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dist, name), body, 0o644); err != nil { //nolint:gosec // public files of the repository
		return "", err
	}
	return name, os.WriteFile(filepath.Join(dist, name+".gz"), packed.Bytes(), 0o644) //nolint:gosec // as above
}
