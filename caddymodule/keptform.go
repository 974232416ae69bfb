package caddymodule

import (
	"errors"
	"net/http"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/dustin/go-humanize"

	"github.com/passkey-sidecar/passkey-sidecar/internal/gate"
	"github.com/passkey-sidecar/passkey-sidecar/internal/keptform"
	"github.com/passkey-sidecar/passkey-sidecar/internal/pages"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
)

// Resend says whether a form that is posted to an ended session is kept, and
// offered again after sign-in. It waits in the browser's tab, encrypted, for half an
// hour.
type Resend struct {
	// Keeps no form: one that is posted to an ended session is lost.
	Off bool `json:"off,omitempty"`
	// The largest form that is kept, in bytes of its body; at most 1433600
	// (1400KiB), what a browser's storage takes. Default: 1048576 (1MiB).
	MaxSize int64 `json:"max_size,omitempty"`
}

// parse reads `resend <size>|off`.
func (s *Resend) parse(d *caddyfile.Dispenser) error {
	var raw string
	if !d.AllArgs(&raw) {
		return d.Err("resend takes exactly one value: a size like 512KiB or 1MiB, or off")
	}
	if s.Off = raw == "off"; !s.Off {
		size, err := humanize.ParseBytes(raw)
		if err != nil || size == 0 {
			return d.Errf("resend '%s' is neither off nor a size like 512KiB or 1MiB", raw)
		}
		if size > keptform.MaxSize {
			return d.Errf("resend %s is too large: a browser's storage takes forms of at most %dKiB", raw, keptform.MaxSize>>10)
		}
		s.MaxSize = int64(size)
	}
	return noBlock(d, "resend")
}

// buildKeptForms makes the room, unless it is off.
func (p *Passkeys) buildKeptForms(v values, keys *seal.Keyring) (err error) {
	if p.Resend.Off && len(p.Repost) > 0 {
		return errors.New("repost needs forms to be taken in, which resend off forbids; give resend a size, or leave repost out")
	}
	if p.Resend.Off {
		return nil
	}
	p.forms, err = keptform.NewForms(keptform.Config{
		Keyring: keys, Base: p.base, Origins: v.origins, MaxSize: p.Resend.MaxSize, Once: p.shared, Client: clientIP, Moments: p.hear,
	}, p.log)
	return err
}

// keepForm answers a form that a page of the site posted to an ended session, or
// to a path that wants a fresher sign-in.
func (p *Passkeys) keepForm(w http.ResponseWriter, r *http.Request, d gate.Decision) error {
	switch {
	case p.forms == nil && d.Session != nil:
		return p.refuseStale(w, r, d)
	case p.forms == nil:
		return p.refuse(w, r, gate.Decision{Verdict: gate.Refuse})
	}
	page := pages.KeptForm{StepUp: d.StepUp, SignedIn: d.Session != nil, InFrame: d.InFrame}
	if d.InFrame {
		// The way back leads to a window, and a frame's form belongs into its frame.
		// Where a service worker passed it on it may be one.
		page.Reason = "This form is not kept."
		return p.answer(w, r, p.pages.FormKept(w, r, page))
	}
	var err error
	page.Kept, err = p.forms.Keep(w, r, originalURI(r), p.sessions.Former(r))
	switch {
	case errors.Is(err, keptform.ErrForeign):
		return p.refuseForeign(w, r, d)
	case errors.Is(err, keptform.ErrTooLarge):
		page.Reason = "Your form is larger than " + humanize.IBytes(uint64(p.forms.Size())) + ", too large to be kept." //nolint:gosec // G115: a size is never negative
	case err != nil:
		page.Reason = "Your form could not be kept."
	}
	return p.answer(w, r, p.pages.FormKept(w, r, page))
}
