package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const profiled = 20 * time.Second

// profile writes CPU profiles and heap profiles of both sides, loaded at the
// same time, from Caddy's admin API, which is off in all measurements.
func (b *bench) profile(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	ours, err := b.sidecarSite(ctx, scopesRefresh, "")
	if err != nil {
		return err
	}
	s, err := b.serveWithAdmin(ctx, "sidecar", ours)
	if err != nil {
		return err
	}
	defer s.end()
	cookie, err := b.org.signIn(ctx, s.addr, many)
	if err != nil {
		return err
	}
	seen, err := fetch(ctx, s.addr, navigation(s.addr, echoPath, cookie))
	if err != nil {
		return err
	}
	bare, err := b.plainSite(ctx)
	if err != nil {
		return err
	}
	plain, err := b.serveWithAdmin(ctx, "plain", bare)
	if err != nil {
		return err
	}
	defer plain.end()
	if bare, err = b.plainSite(ctx); err != nil {
		return err
	}
	bare.proxy = sameBytes(seen)
	floor, err := b.serveWithAdmin(ctx, "floor", bare)
	if err != nil {
		return err
	}
	defer floor.end()

	var all sync.WaitGroup
	errs := make([]error, 3)
	for i, r := range []*row{plain.row("plain", ""), s.row("sidecar", cookie), floor.row("floor", cookie)} {
		admin := []running{plain, s, floor}[i].admin
		all.Go(func() { errs[i] = b.profileOne(ctx, dir, r, admin) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func (b *bench) serveWithAdmin(ctx context.Context, name string, s site) (running, error) {
	var err error
	if s.admin, err = freeAddr(ctx); err != nil {
		return running{}, err
	}
	p, err := b.serve(ctx, name, s)
	return running{s, p}, err
}

func (b *bench) profileOne(ctx context.Context, dir string, busy *row, admin string) error {
	defer busy.close()
	ended := make(chan error, 1)
	go func() {
		s, err := busy.load(ctx, b.proc, b.conns/3+1, profiled+time.Second)
		b.progress("profile: %s: %d requests, %.1f us each", busy.name, s.requests, s.microseconds())
		ended <- err
	}()
	err := download(ctx, fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", admin, profiled/time.Second), filepath.Join(dir, busy.name+".cpu.pprof"))
	err = errors.Join(err, <-ended)
	return errors.Join(err, download(ctx, "http://"+admin+"/debug/pprof/allocs", filepath.Join(dir, busy.name+".allocs.pprof")))
}

func download(ctx context.Context, url, file string) error {
	ctx, cancel := context.WithTimeout(ctx, profiled+patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return os.WriteFile(file, raw, 0o600)
}
