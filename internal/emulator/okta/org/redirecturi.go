package org

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// CheckRedirect refuses what Okta's app settings refuse: a relative URI, or
// one with a fragment.
func CheckRedirect(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return fmt.Errorf("redirect URI: %w", err)
	}
	if !u.IsAbs() || u.Host == "" {
		return fmt.Errorf("redirect URI %q is not absolute", raw)
	}
	if strings.Contains(raw, "#") {
		return errors.New("redirect URI has a fragment")
	}
	return nil
}
