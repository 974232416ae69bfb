package access

import (
	"fmt"
	"strings"
)

// CheckGroup tells what is wrong with the group of a rule, and the fix.
func CheckGroup(name string) error {
	switch {
	case strings.TrimSpace(name) != name || name == "":
		return fmt.Errorf("allow group %q is empty or has spaces around it; write the group's whole name", name)
	case strings.Contains(name, "*"):
		return fmt.Errorf("allow group %q holds a *, but groups are compared as whole names; name each group that may use the app", name)
	case strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return fmt.Errorf("allow group %q holds a control character, which no session keeps", name)
	}
	return nil
}

// CheckEmail tells what is wrong with the address of a rule, and the fix.
func CheckEmail(address string) error {
	local, domain, found := strings.Cut(address, "@")
	switch {
	case !found:
		return fmt.Errorf("allow email %q is no address; write it like alice@example.com, or use: domain %s", address, address)
	case strings.Contains(domain, "@"):
		return fmt.Errorf("allow email %q holds two @; an address has exactly one", address)
	case local == "" || local == "*":
		return fmt.Errorf("allow email %q names no person; for everybody at a domain use: domain %s", address, domain)
	case len(address) > maxEmail:
		return fmt.Errorf("allow email %q is longer than %d bytes, which no address is (RFC 5321)", address[:40]+"…", maxEmail)
	case !ascii(address):
		return fmt.Errorf("allow email %q is not ASCII, where one address has several spellings; use a group for this user", address)
	case strings.ContainsAny(address, " ,;<>\"*") || !hostname(domain):
		return fmt.Errorf("allow email %q is no plain address; write it like alice@example.com, one after the other without commas", address)
	}
	return nil
}

// CheckDomain tells what is wrong with the domain of a rule, and the fix.
func CheckDomain(name string) error {
	plain, wild := strings.CutPrefix(name, "*.")
	switch {
	case strings.Contains(name, "@"):
		_, behind, _ := strings.Cut(name, "@")
		return fmt.Errorf("allow domain %q holds an @; write what stands behind it: domain %s, or name one address with: email", name, behind)
	case strings.HasPrefix(name, "."):
		return fmt.Errorf("allow domain %q begins with a dot; write domain %s for that domain, or domain *%s for its subdomains", name, name[1:], name)
	case strings.HasSuffix(name, "."):
		return fmt.Errorf("allow domain %q ends with a dot, which no address does; write domain %s", name, strings.TrimRight(name, "."))
	case strings.Contains(plain, "*"):
		return fmt.Errorf("allow domain %q holds a * elsewhere than as its whole first label; write it like *.example.com", name)
	case !ascii(name):
		return fmt.Errorf("allow domain %q is not ASCII; write it in the xn-- form (punycode) in which mail addresses carry it", name)
	case wild && !strings.Contains(plain, "."):
		return fmt.Errorf("allow domain %q would admit every domain under .%s; write the domain too, like *.example.%s", name, plain, plain)
	case !hostname(plain):
		return fmt.Errorf("allow domain %q is no domain name; write it like example.com or *.example.com", name)
	}
	return nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
