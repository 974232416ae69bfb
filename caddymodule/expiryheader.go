package caddymodule

import (
	"fmt"
	"net/textproto"
	"slices"
	"strings"
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
