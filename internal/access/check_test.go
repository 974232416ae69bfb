package access

import (
	"strings"
	"testing"
)

// Each mistake is answered with its fix.
func TestMistakesNameTheFix(t *testing.T) {
	for _, tc := range []struct {
		kind, value, fix string
	}{
		{"group", "", "whole name"},
		{"group", " sales", "whole name"},
		{"group", "app-*", "name each group"},
		{"group", "a\nb", "control character"},
		{"email", "example.com", "use: domain example.com"},
		{"email", "@example.com", "use: domain example.com"},
		{"email", "*@example.com", "use: domain example.com"},
		{"email", "a@evil.com@example.com", "exactly one"},
		{"email", "@a@example.com", "exactly one"},
		{"email", "a@example.com,b@example.com", "exactly one"},
		{"email", "Alice<a@example.com>", "like alice@example.com"},
		{"email", "a@*.example.com", "like alice@example.com"},
		{"email", "a@", "like alice@example.com"},
		{"email", "jos\u00e9@example.com", "use a group"},
		{"email", strings.Repeat("a", 320) + "@example.com", "longer than"},
		{"domain", "", "like example.com"},
		{"domain", "@example.com", "write what stands behind it: domain example.com"},
		{"domain", "alice@example.com", "or name one address with: email"},
		{"domain", ".example.com", "domain *.example.com for its subdomains"},
		{"domain", "example.com.", "write domain example.com"},
		{"domain", "*", "like *.example.com"},
		{"domain", "*example.com", "like *.example.com"},
		{"domain", "mail.*.com", "like *.example.com"},
		{"domain", "*.*.example.com", "like *.example.com"},
		{"domain", "*.com", "like *.example.com"},
		{"domain", "b\u00fccher.example", "xn-- form"},
		{"domain", "https://example.com", "like example.com"},
		{"domain", "a..b", "like example.com"},
	} {
		check := map[string]func(string) error{"group": CheckGroup, "email": CheckEmail, "domain": CheckDomain}[tc.kind]
		err := check(tc.value)
		if err == nil || !strings.Contains(err.Error(), tc.fix) {
			t.Errorf("%s %q: %v, want %q", tc.kind, tc.value, err, tc.fix)
		}
		c := map[string]Config{"group": {Groups: []string{tc.value}}, "email": {Emails: []string{tc.value}}, "domain": {Domains: []string{tc.value}}}[tc.kind]
		if _, err := New(c); err == nil {
			t.Errorf("New takes %s %q", tc.kind, tc.value)
		}
	}
	if _, err := New(Config{}); err == nil || !strings.Contains(err.Error(), "leave allow out") {
		t.Errorf("rules that name nobody: %v", err)
	}
}
