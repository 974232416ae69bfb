package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
)

// hostPrefix is what our cookies' names have over https and not over plain http
// on loopback, where this runs.
const hostPrefix = "__Host-"

// cookies weighs what a browser sends with every request, and what of it
// reaches the app.
func (b *bench) cookies(ctx context.Context) ([]result, error) {
	var results []result
	for _, c := range []struct {
		what, login, scopes string
		budget              float64
	}{
		{"session cookie, 5 groups", few, scopes, 700},
		{"session cookie, 30 groups and a refresh token", many, scopesRefresh, 2000},
	} {
		s, err := b.startSignedIn(ctx, c.login, c.scopes, "")
		if err != nil {
			return nil, err
		}
		s.end()
		pairs := strings.Split(s.cookie, "; ")
		ours := strings.TrimSuffix(headerOf(s.seen, "Cookie"), "app=1")
		results = append(results,
			one(c.what, "B", float64(len(s.cookie)+len(pairs)*len(hostPrefix)), c.budget),
			one("  cookies", "", float64(len(pairs)), 1),
			result{What: "  bytes of our cookies that reach the app", Unit: "B", Budget: 0, Strict: true, spread: spreadOf([]float64{float64(len(ours))})},
		)
	}
	return results, nil
}

// pageCode weighs our own scripts and styles as they are sent.
func pageCode(dist fs.FS) ([]result, error) {
	entries, err := fs.ReadDir(dist, ".")
	if err != nil {
		return nil, err
	}
	total := 0
	for _, e := range entries {
		if kind := path.Ext(e.Name()); kind != ".js" && kind != ".css" {
			continue
		}
		size, err := compressedSize(dist, e.Name())
		if err != nil {
			return nil, err
		}
		total += size
	}
	return []result{one("our own page code, all pages, gzip", "kB", float64(total)/1000, 15)}, nil
}

// compressedSize is that of the file made at build time, or of one made here.
func compressedSize(dist fs.FS, name string) (int, error) {
	made, err := fs.ReadFile(dist, name+".gz")
	if !errors.Is(err, fs.ErrNotExist) {
		return len(made), err
	}
	raw, err := fs.ReadFile(dist, name)
	if err != nil {
		return 0, err
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return 0, err
	}
	_, err = z.Write(raw)
	return out.Len(), errors.Join(err, z.Close())
}
