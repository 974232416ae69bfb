package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"
	// The modules that the Caddyfile names.
	_ "github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/passkey-sidecar/passkey-sidecar/caddymodule"
)

// process is the running demo.
type process struct {
	place   place
	secrets secrets
	journal *journal
	// missed is an address of the demo's port that is somebody else's.
	missed string
	// authority is the file with the certificate to trust, with --tls.
	authority string
	undo      []func()
}

// start starts everything, or nothing. Log lines go to the files, whole; the
// journal gets the ones worth seeing.
func start(ctx context.Context, o options, j *journal, logs ...io.Writer) (*process, error) {
	p := &process{journal: j}
	if err := p.begin(ctx, o, logs); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *process) begin(ctx context.Context, o options, logs []io.Writer) error {
	d, err := openDoor(ctx, o.listen, o.tls)
	if err != nil {
		return err
	}
	p.later(d.close)
	p.place, p.missed = placeAt(d.port, o.tls), d.missed
	if p.secrets, err = newSecrets(); err != nil {
		return err
	}
	s := site{
		Place: p.place, Bind: d.names, ClientID: clientID, ProjectID: projectID, PasskeyIDP: passkeyIDP,
		Enroll: o.enroll, Settings: o.settings,
	}
	if o.idle != defaultIdle {
		s.Idle = o.idle.String()
	}
	if err := p.serveOthers(ctx, o, &s); err != nil {
		return err
	}
	if o.logFile != "" {
		file, err := os.OpenFile(o.logFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("--log: %w", err)
		}
		p.later(func() { _ = file.Close() })
		logs = append(logs, file)
	}
	p.later(openCaddyLog(p.journal, logs...))
	if s.Storage, err = os.MkdirTemp("", "passkey-sidecar-demo-"); err != nil {
		return err
	}
	p.later(func() { _ = os.RemoveAll(s.Storage) })
	if o.tls {
		if s.Authority, err = newAuthority(s.Storage); err != nil {
			return err
		}
		p.authority = s.Authority.Certificate
	}
	return p.load(s)
}

// load runs Caddy with the site.
func (p *process) load(s site) error {
	config, err := s.config()
	if err != nil {
		return err
	}
	// Until the configuration's own log is there, Caddy would write to stderr.
	caddy.BufferedLog()
	p.later(func() { _ = caddy.Stop() }) // all it could do has been done
	return caddy.Load(config, true)
}

// serveOthers starts the app and the two stand-ins on ports of their own.
func (p *process) serveOthers(ctx context.Context, o options, s *site) error {
	app, err := newLegacy(p.journal, p.place.App)
	if err != nil {
		return err
	}
	idp, err := p.newOkta(o)
	if err != nil {
		return err
	}
	passkeys, err := p.newCorbado(idp.IdentityProviderCallback())
	if err != nil {
		return err
	}
	p.later(passkeys.ClearFaults) // requests that hang on purpose go first
	for address, handler := range map[*string]http.Handler{&s.App: app, &s.Okta: idp, &s.Corbado: passkeys} {
		if *address, err = p.serve(ctx, handler); err != nil {
			return err
		}
	}
	return nil
}

// serve answers on a loopback port that the system chooses, and returns the
// address.
func (p *process) serve(ctx context.Context, handler http.Handler) (string, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	srv := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	go func() { _ = srv.Serve(ln) }() // ends when it is closed
	p.later(func() { _ = srv.Close() })
	return ln.Addr().String(), nil
}

func (p *process) later(undo func()) { p.undo = append(p.undo, undo) }

// stop ends everything, the last started first.
func (p *process) stop() {
	for _, undo := range slices.Backward(p.undo) {
		undo()
	}
	p.undo = nil
}
