// Package access decides which signed-in users may use the app, by rules that name
// groups, e-mail addresses and e-mail domains. It is pure: rules and a session go in,
// yes or no comes out.
//
// Matching is exact, because loose matching has opened holes elsewhere. A suffix
// without a dot let badexample.com in for example.com. An address with two @ signs was
// read from the wrong end.
package access

import (
	"errors"
	"slices"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

// Config is the rules as an operator writes them. Any one match admits.
type Config struct {
	// Groups are whole names of groups, upper and lower case told apart.
	Groups []string
	// Emails are addresses.
	Emails []string
	// Domains are what stands behind the @: example.com, or *.example.com for
	// any subdomain of it and not for itself.
	Domains []string
}

// Rules are compiled rules. They are safe for concurrent use. No Rules at all,
// nil, admit everybody.
type Rules struct {
	// groups are in the escaped form in which a session joins them, so that a
	// comparison needs no unescaping: no escaped name holds a comma.
	groups map[string]struct{}
	// emails, domains and parents are in lower case; parents begin with a dot.
	emails, domains map[string]struct{}
	parents         []string
}

// New checks the rules and compiles them. Rules that admit nobody at all are a
// mistake.
func New(c Config) (*Rules, error) {
	if len(c.Groups)+len(c.Emails)+len(c.Domains) == 0 {
		return nil, errors.New("allow names nobody; give it at least one of: group <name>, email <address>, domain <name>; or leave allow out to admit every signed-in user")
	}
	r := &Rules{groups: make(map[string]struct{}), emails: make(map[string]struct{}), domains: make(map[string]struct{})}
	for _, name := range c.Groups {
		if err := CheckGroup(name); err != nil {
			return nil, err
		}
		r.groups[session.JoinList([]string{name})] = struct{}{}
	}
	for _, address := range c.Emails {
		if err := CheckEmail(address); err != nil {
			return nil, err
		}
		r.emails[strings.ToLower(address)] = struct{}{}
	}
	for _, name := range c.Domains {
		if err := CheckDomain(name); err != nil {
			return nil, err
		}
		name = strings.ToLower(name)
		if parent, wild := strings.CutPrefix(name, "*"); wild {
			r.parents = append(r.parents, parent)
			continue
		}
		r.domains[name] = struct{}{}
	}
	return r, nil
}

// Allows reports whether a user may use the app. It runs at each request and
// allocates nothing.
func (r *Rules) Allows(s *session.Session) bool {
	switch {
	case r == nil:
		return true
	case s == nil:
		return false
	}
	return r.allowsGroup(s.Groups) || r.allowsEmail(s.VerifiedEmail())
}

// allowsGroup looks for a group in the joined list of a session.
func (r *Rules) allowsGroup(joined string) bool {
	if len(r.groups) == 0 || joined == "" {
		return false
	}
	for name := range strings.SplitSeq(joined, ",") {
		if _, ok := r.groups[name]; ok {
			return true
		}
	}
	return false
}

// maxEmail is RFC 5321 section 4.5.3.1: 64 bytes before the @ and 255 after it.
const maxEmail = 320

// allowsEmail takes an address with exactly one @, whose case does not count.
// The part before the @ may tell case apart in theory (RFC 5321 section 2.4); at
// no provider that people sign in with does it.
func (r *Rules) allowsEmail(address string) bool {
	if len(r.emails)+len(r.domains)+len(r.parents) == 0 || address == "" || len(address) > maxEmail {
		return false
	}
	var buf [maxEmail]byte
	folded := buf[:len(address)]
	at := -1
	for i := range len(address) {
		c := address[i]
		switch {
		case c == '@' && at >= 0:
			return false
		case c == '@':
			at = i
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A' // ASCII only: the Kelvin sign is no k
		}
		folded[i] = c
	}
	if at <= 0 || at == len(address)-1 {
		return false
	}
	if _, ok := r.emails[string(folded)]; ok {
		return true
	}
	domain := folded[at+1:]
	if !hostname(domain) {
		return false
	}
	if _, ok := r.domains[string(domain)]; ok {
		return true
	}
	return slices.ContainsFunc(r.parents, func(parent string) bool {
		// Longer by one label at least, since a host name begins with no dot.
		return len(domain) > len(parent) && string(domain[len(domain)-len(parent):]) == parent
	})
}

// hostname reports whether a domain is labels of letters, digits and hyphens, none
// empty (RFC 1123 section 2.1). The underscore is no part of a mail domain.
func hostname[T string | []byte](domain T) bool {
	label := 0
	for i := range len(domain) {
		switch c := domain[i]; {
		case c == '.' && label == 0:
			return false
		case c == '.':
			label = 0
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-':
			label++
		default:
			return false
		}
	}
	return label > 0
}
