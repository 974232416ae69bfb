package access

import (
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

func newRules(tb testing.TB, c Config) *Rules {
	tb.Helper()
	r, err := New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func groups(names ...string) *session.Session {
	return &session.Session{Subject: "00u1", Groups: session.JoinList(names)}
}

func email(address string) *session.Session {
	return &session.Session{Subject: "00u1", Email: address}
}

func TestNoRulesAdmitEverybody(t *testing.T) {
	var none *Rules
	if !none.Allows(&session.Session{}) || !none.Allows(groups("a")) {
		t.Error("refused without rules")
	}
}

func TestAnyOneMatchAdmits(t *testing.T) {
	r := newRules(t, Config{Groups: []string{"orders", "sales"}, Emails: []string{"bob@acme.test"}, Domains: []string{"example.com", "*.example.org"}})
	for name, s := range map[string]*session.Session{
		"first group":  groups("Everyone", "orders"),
		"second group": groups("sales"),
		"address":      email("bob@acme.test"),
		"domain":       email("carol@example.com"),
		"subdomain":    email("carol@mail.example.org"),
		"deeper":       email("carol@a.b.example.org"),
		"group with an unverified address": {
			Groups: "orders", Email: "x@elsewhere.test", EmailUnverified: true,
		},
	} {
		if !r.Allows(s) {
			t.Errorf("%s: refused", name)
		}
	}
	for name, s := range map[string]*session.Session{
		"nobody":        nil,
		"nothing known": {Subject: "00u1"},
		"other group":   groups("Everyone"),
		"other address": email("alice@acme.test"),
		"parent domain": email("carol@example.org"),
	} {
		if r.Allows(s) {
			t.Errorf("%s: admitted", name)
		}
	}
}

// A group of the same letters is another group: Okta tells case apart.
func TestGroupIsTheWholeNameExactly(t *testing.T) {
	r := newRules(t, Config{Groups: []string{"a", "Sales, EMEA", "100%"}})
	for _, names := range [][]string{{"a"}, {"x", "a", "y"}, {"Sales, EMEA"}, {"100%"}, {"b", "a,b", "a"}} {
		if !r.Allows(groups(names...)) {
			t.Errorf("%q: refused", names)
		}
	}
	for _, names := range [][]string{
		{}, {"A"}, {"ab"}, {"a "}, {" a"}, {"ba"}, {"a,b"}, {"b,a"}, {"b,a,c"}, {"Sales"}, {" EMEA"}, {"Sales%2C EMEA"}, {"100%25"}, {"100"}, {"a*"},
	} {
		if r.Allows(groups(names...)) {
			t.Errorf("%q: admitted", names)
		}
	}
	// A session whose list begins, ends or is cut at a comma names no empty group.
	for _, joined := range []string{",", ",,", "b,"} {
		if r.Allows(&session.Session{Groups: joined}) {
			t.Errorf("joined %q: admitted", joined)
		}
	}
}

// CVE-2026-40574 (oauth2-proxy): a@evil.com@company.com matched the domain.
func TestTwoAtAddress(t *testing.T) {
	r := newRules(t, Config{Emails: []string{"alice@company.com"}, Domains: []string{"company.com", "*.company.com"}})
	for _, address := range []string{
		"a@evil.com@company.com", "alice@company.com@evil.com", "@company.com@company.com", "alice@@company.com", `"a@b"@company.com`,
		"alice@company.com@", "@alice@company.com", "alice@evil.com@mail.company.com", "@", "@@", "@company.com", "alice@", "company.com", "alice",
	} {
		if r.Allows(email(address)) {
			t.Errorf("%q: admitted", address)
		}
	}
}

// CVE-2021-21291 (oauth2-proxy): .example.com let in badexample.com.
func TestSuffixWithoutDot(t *testing.T) {
	for _, rule := range []string{"example.com", "*.example.com"} {
		r := newRules(t, Config{Domains: []string{rule}})
		for _, address := range []string{
			"a@badexample.com", "a@example.com.evil.com", "a@example.comx", "a@xexample.com", "a@.example.com", "a@..example.com", "a@a..example.com",
			"a@example.com.", "a@mail.example.com.", "a@example", "a@com", "a@evil.com/.example.com", "a@evil.com\x00.example.com", "a@evil.com?x=.example.com",
			"a@evil com.example.com", "example.com", "a@-\u00e4.example.com",
		} {
			if r.Allows(email(address)) {
				t.Errorf("%s admits %q", rule, address)
			}
		}
	}
	exact, wild := newRules(t, Config{Domains: []string{"example.com"}}), newRules(t, Config{Domains: []string{"*.example.com"}})
	if !exact.Allows(email("a@example.com")) || exact.Allows(email("a@mail.example.com")) {
		t.Error("an exact domain is that domain alone")
	}
	if !wild.Allows(email("a@mail.example.com")) || wild.Allows(email("a@example.com")) {
		t.Error("a wildcard is the subdomains alone")
	}
}

// CVE-2026-48794 (Authelia): a host in capitals slipped past a rule.
func TestCapitalLetters(t *testing.T) {
	r := newRules(t, Config{Emails: []string{"Alice@Company.COM"}, Domains: []string{"Example.Com", "*.Example.ORG", "xn--bcher-kva.example"}})
	for _, address := range []string{
		"alice@company.com", "ALICE@COMPANY.COM", "x@EXAMPLE.com", "x@Mail.example.org", "x@XN--BCHER-KVA.example",
	} {
		if !r.Allows(email(address)) {
			t.Errorf("%q: refused", address)
		}
	}
}

// Unicode folds more than ASCII: the Kelvin sign is a k and the long s an s to
// strings.EqualFold.
func TestLettersThatFoldBeyondASCII(t *testing.T) {
	r := newRules(t, Config{Emails: []string{"kim@company.com"}, Domains: []string{"desk.example", "xn--bcher-kva.example"}})
	for _, address := range []string{"\u212aim@company.com", "kim@\u017fcompany.com", "x@de\u017fk.example", "x@des\u212a.example", "x@b\u00fccher.example"} {
		if r.Allows(email(address)) {
			t.Errorf("%q: admitted", address)
		}
	}
}

func TestUnverifiedAddressMatchesNoRule(t *testing.T) {
	r := newRules(t, Config{Emails: []string{"alice@company.com"}, Domains: []string{"company.com"}})
	s := email("alice@company.com")
	if !r.Allows(s) {
		t.Fatal("refused")
	}
	s.EmailUnverified = true
	if r.Allows(s) {
		t.Error("anybody who can enter the address is admitted")
	}
}

func TestOverlongAddress(t *testing.T) {
	r := newRules(t, Config{Domains: []string{"company.com"}})
	if r.Allows(email(strings.Repeat("a", maxEmail) + "@company.com")) {
		t.Error("admitted")
	}
}

func TestAllowsAllocatesNothing(t *testing.T) {
	r := newRules(t, Config{Groups: []string{"none"}, Emails: []string{"x@company.com"}, Domains: []string{"y.example", "*.z.example"}})
	s := groups("a", "b", "c,d", "e%f")
	s.Email = "Alice@Company.com"
	if n := testing.AllocsPerRun(100, func() { r.Allows(s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzAllows(f *testing.F) {
	f.Add("a@evil.com@company.com", "a,b")
	f.Add("a@mail.company.com", "ops")
	r := newRules(f, Config{Groups: []string{"ops"}, Domains: []string{"company.com", "*.company.com"}})
	f.Fuzz(func(t *testing.T, address, group string) {
		lower := strings.ToLower(address)
		if r.Allows(email(address)) && (strings.Count(address, "@") != 1 || !strings.HasSuffix(lower, "@company.com") && !strings.HasSuffix(lower, ".company.com")) {
			t.Errorf("%q admitted", address)
		}
		if r.Allows(groups(group)) != (group == "ops") {
			t.Errorf("group %q", group)
		}
	})
}

func BenchmarkAllows(b *testing.B) {
	r := newRules(b, Config{Groups: []string{"admins", "app-finance-team-z"}, Domains: []string{"elsewhere.test"}})
	names := make([]string, 30)
	for i := range names {
		names[i] = "app-finance-team-" + string(rune('A'+i))
	}
	s := groups(names...)
	s.Email = "alice@acme.test"
	b.ReportAllocs()
	for b.Loop() {
		if r.Allows(s) {
			b.Fatal("admitted")
		}
	}
}
