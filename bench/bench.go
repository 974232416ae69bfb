package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// bench is one run.
type bench struct {
	options
	*house
	org      *org
	upstream string
	proc     fs.FS
	stderr   io.Writer
}

type options struct {
	rounds     int
	pairs      int
	conns      int
	slice      time.Duration
	together   bool
	repository string
}

// open builds the binary, unless one is given, and starts what stands beside
// the two proxies.
func (b *bench) open(ctx context.Context, binary string) (err error) {
	if b.house, err = openHouse(); err != nil {
		return err
	}
	if b.binary = binary; binary == "" {
		b.progress("building ./cmd/passkey-sidecar")
		if err := b.build(ctx, b.repository); err != nil {
			return err
		}
	}
	b.proc = os.DirFS("/proc")
	if b.upstream, err = b.startUpstream(ctx); err != nil {
		return err
	}
	b.org, err = openOrg(ctx)
	return err
}

func (b *bench) close() {
	if b.org != nil {
		b.org.close()
	}
	if b.house != nil {
		b.house.close()
	}
}

func (b *bench) progress(format string, args ...any) {
	fmt.Fprintf(b.stderr, "# "+format+"\n", args...)
}

// The scopes of the two kinds of session that are weighed.
const (
	scopes        = "openid profile email groups"
	scopesRefresh = scopes + " offline_access"
)

// plainSite is what the sidecar is compared with: the same app, not guarded.
func (b *bench) plainSite(ctx context.Context) (site, error) {
	addr, err := freeAddr(ctx)
	return site{addr: addr, upstream: b.upstream}, err
}

func (b *bench) sidecarSite(ctx context.Context, scopes, further string) (site, error) {
	s, err := b.plainSite(ctx)
	if err != nil {
		return s, err
	}
	clientID, err := b.org.register(s.addr)
	s.before = sidecar(s.addr, s.upstream, b.org.server.Issuer(), clientID, scopes, further)
	return s, err
}

// running is a site with its process.
type running struct {
	site
	*process
}

func (b *bench) startPlain(ctx context.Context, name string) (running, error) {
	s, err := b.plainSite(ctx)
	if err != nil {
		return running{}, err
	}
	p, err := b.serve(ctx, name, s)
	return running{s, p}, err
}

// startSidecar starts a sidecar, with further lines in its block.
func (b *bench) startSidecar(ctx context.Context, scopes, further string) (running, error) {
	s, err := b.sidecarSite(ctx, scopes, further)
	if err != nil {
		return running{}, err
	}
	p, err := b.serve(ctx, "sidecar", s)
	return running{s, p}, err
}

// row asks the process for the app's page.
func (r running) row(name, cookie string) *row {
	return &row{name: name, addr: r.addr, pid: r.pid(), request: navigation(r.addr, appPath, cookie), want: 200}
}

// rowWith asks with further header lines, and without a cookie.
func (r running) rowWith(name, headers string) *row {
	return &row{name: name, addr: r.addr, pid: r.pid(), request: navigationWith(r.addr, appPath, headers), want: 200}
}
