package caddymodule

import (
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// checkExpiryHeader tells what is wrong with a name for that header.
func checkExpiryHeader(name string) error {
	for i := range len(name) {
		c := name[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' {
			return fmt.Errorf("expiry_header '%s' is not a header's name, like Passkeys-Session-Ends", name)
		}
	}
	taken := []string{"Connection", "Date", "Expires", "Location", "Set-Cookie", "Trailer", "Transfer-Encoding", "Upgrade", "Vary"}
	if name = textproto.CanonicalMIMEHeaderKey(name); slices.Contains(taken, name) || strings.HasPrefix(name, "Content-") || strings.HasPrefix(name, "Access-Control-") {
		return fmt.Errorf("expiry_header %s has a meaning of its own; take another, like Passkeys-Session-Ends", name)
	}
	return nil
}

// tellExpiry says in the app's answer when the session ends unless it is used, in
// Unix seconds. Files that shared caches like to keep say nothing of a session.
func (p *Passkeys) tellExpiry(w http.ResponseWriter, r *http.Request, s *session.Session) {
	if p.ExpiryHeader == "" || s == nil {
		return
	}
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "style", "script", "image", "font", "audio", "video", "track", "manifest":
		return
	}
	w.Header().Set(p.ExpiryHeader, strconv.FormatInt(p.sessions.Ends(s).Unix(), 10))
}
