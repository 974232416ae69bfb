package abuse

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

func formsAndClaims() []advisory {
	return []advisory{
		{id: "slow senders", lesson: "eight senders of forms that never end kept everybody else's from being kept", attack: slowSenders, alone: true},
		{
			id: "dear forms", lesson: "a megabyte of one field's name, or of empty parts, kept a processor busy", attack: dearForms, alone: true,
			elsewhere: []string{"internal/keptform/cost_test.go TestOneAnonymousFormIsCheap", "internal/pages/cost_test.go TestThePageOfAKeptFormIsCheap"},
		},
		{id: "email_verified", lesson: "what was not false counted as proved", attack: doubtfulAddresses, settings: forPrograms + "\nallow {\n domain acme.test\n}"},
		{id: "trimmed identities", lesson: "a user who differs by a space arrived as another", attack: usersThatDifferByASpace, settings: "allow {\n group admins warehouse\n}"},
		{id: "forms of other sites", lesson: "a form that another site posts was sent with its victim's session", attack: formsPostedAgain, settings: "repost /echo"},
		{id: "401 without a challenge", lesson: "clients that ask for WWW-Authenticate gave up", attack: everyRefusalHasAChallenge},
	}
}

// formBy posts a form of the site from an address of this machine, and closes it
// when the context ends. An unfinished form lacks its last byte.
func (c *client) formBy(ctx context.Context, from, body string, unfinished bool) (answer, error) {
	c.t.Helper()
	u := c.site.parse(c.site.App)
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", u.Port()))
	if err != nil {
		return answer{}, err
	}
	c.t.Cleanup(func() { _ = conn.Close() })
	length := len(body)
	if unfinished {
		length++
	}
	_, err = io.WriteString(conn, "POST /orders HTTP/1.1\r\nHost: "+u.Host+"\r\nOrigin: "+c.site.App+"\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"+
		"Accept: text/html\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: "+strconv.Itoa(length)+"\r\n\r\n"+body)
	if err != nil || unfinished {
		return answer{}, err
	}
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return answer{}, err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil) //nolint:bodyclose // read closes it
	if err != nil {
		return answer{}, err
	}
	return read(c.t, res), nil
}

func slowSenders(s site) {
	c := s.client()
	for range 10 {
		if _, err := c.formBy(s.t.Context(), "127.0.0.1", "item=Anvil", true); err != nil {
			s.t.Fatal(err)
		}
	}
	// Until they are all being read, and for as long as they last.
	for range 5 {
		a, err := c.formBy(s.t.Context(), "127.0.0.2", "item=Anvil", false)
		if err != nil || a.StatusCode != http.StatusUnauthorized || !strings.Contains(a.body, "data-form=") {
			s.t.Errorf("another client's form: %v %v %.300s", err, a.Response, a.body)
			return
		}
	}
}

// dearForms compares with a form of the same size that holds nothing dear. The
// machine has other things to do, so what is told apart here is tenfold.
func dearForms(s site) {
	c := s.client()
	fastest := func(kind, body string) time.Duration {
		least := time.Hour
		for range 3 {
			begin := time.Now()
			a := c.send(http.MethodPost, "/orders", body, "Content-Type", kind, "Accept", "text/html",
				"Origin", s.App, "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document")
			if a.StatusCode != http.StatusUnauthorized {
				s.t.Errorf("%s: %s", kind, a.Status)
			}
			least = min(least, time.Since(begin))
		}
		return least
	}
	const mega, urlencoded = 1 << 20, "application/x-www-form-urlencoded"
	plain := fastest(urlencoded, "a="+strings.Repeat("x", mega-2))
	for name, dear := range map[string][2]string{
		"one name":    {urlencoded, strings.Repeat("pas", mega/3)},
		"empty parts": {"multipart/form-data; boundary=x", strings.Repeat("--x\r\n\r\n\r\n", mega/9)},
		"one header":  {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"" + strings.Repeat("a", mega-100) + "\"\r\n\r\n1\r\n--x--\r\n"},
	} {
		if took := fastest(dear[0], dear[1]); took > 10*plain+20*time.Millisecond {
			s.t.Errorf("%s takes %s, a plain form %s", name, took, plain)
		}
	}
}

func doubtfulAddresses(s site) {
	c := s.client()
	for _, proof := range []any{true, "true", 1, nil} {
		c.seen(c.send(http.MethodGet, "/headers", "", "Authorization", s.accessToken(map[string]any{"email": "alice@acme.test", "email_verified": proof})))
	}
	for _, doubt := range []any{false, "false", "False", "no", 0, "0", "", "True", []any{true}, map[string]any{"v": true}} {
		a := c.send(http.MethodGet, "/headers", "", "Authorization", s.accessToken(map[string]any{"email": "alice@acme.test", "email_verified": doubt}))
		if a.StatusCode != http.StatusForbidden {
			s.t.Errorf("email_verified %#v: %s %.200s", doubt, a.Status, a.body)
		}
	}
}

func usersThatDifferByASpace(s site) {
	add := func(id, login string, groups ...string) account {
		who := account{id, login, "tweet tweet"}
		s.Okta.Control(http.MethodPost, "users", map[string]any{
			"id": id, "login": login, "email": login, "email_verified": true, "first_name": "M", "password": who.password, "groups": groups,
		})
		return who
	}
	c := s.client()
	got := c.seen(c.signIn(add(" "+alice.id, "mallory@acme.test", "warehouse", " admins"), "/headers"))
	if user := got.Get("X-Forwarded-User"); user != "%20"+alice.id {
		s.t.Errorf("the app is told of %q", user)
	}
	for one := range strings.SplitSeq(got.Get("X-Forwarded-Groups"), ",") {
		if strings.TrimSpace(one) == "admins" {
			s.t.Errorf("groups %q", got.Get("X-Forwarded-Groups"))
		}
	}
	c = s.client()
	if a := c.signIn(add("00umallory0000000002", "mallory2@acme.test", " admins", "admins "), "/headers"); a.StatusCode != http.StatusForbidden {
		s.t.Errorf("in a group that is another's but for a space: %s %.200s", a.Status, a.body)
	}
}

func formsPostedAgain(s site) {
	victim := s.client()
	victim.signIn(alice, "/headers")
	foreign := func(path, kind, body string) answer {
		// Without cookies, as browsers send it.
		return s.client().send(http.MethodPost, path, body, "Content-Type", kind, "Accept", "text/html",
			"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document")
	}
	const urlencoded = "application/x-www-form-urlencoded"
	sealed := func(a answer) string {
		_, rest, _ := strings.Cut(a.body, `name="passkeys-repost" value="`)
		value, _, _ := strings.Cut(rest, `"`)
		return value
	}
	mine := sealed(foreign("/echo", urlencoded, "transfer=all"))
	if mine == "" {
		s.t.Fatal("the form is not posted again where the settings say so")
	}
	for _, path := range []string{"/orders", "/echo/", "/ECHO", "/echo;x", "/x/../orders"} {
		if got := sealed(foreign(path, urlencoded, "item=forged")); got != "" {
			s.t.Errorf("%s is posted again", path)
		}
	}
	// What the attacker had sealed, in the victim's browser.
	if a := foreign("/echo", "text/plain", "passkeys-repost="+mine+"\r\n"); sealed(a) != "" || a.StatusCode != http.StatusUnauthorized {
		s.t.Errorf("a sealed form from another site: %s %.200s", a.Status, a.body)
	}
	own := func(path, body string) answer {
		return victim.send(http.MethodPost, path, body, "Content-Type", "text/plain", "Accept", "text/html",
			"Origin", s.App, "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document")
	}
	for path, body := range map[string]string{"/orders": "passkeys-repost=" + mine, "/echo?x": "passkeys-repost=" + mine, "/echo": "passkeys-resend=" + mine} {
		if a := own(path, body); a.StatusCode != http.StatusBadRequest {
			s.t.Errorf("%s %.20s: %s %.200s", path, body, a.Status, a.body)
		}
	}
	var got struct{ Origin string }
	a := own("/echo", "passkeys-repost="+mine)
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || got.Origin != "https://evil.example" {
		s.t.Errorf("the app cannot tell whose form it is: %s %.300s", a.Status, a.body)
	}
	if a := own("/echo", "passkeys-repost="+mine); a.StatusCode != http.StatusConflict {
		s.t.Errorf("a second time: %s", a.Status)
	}
	// Never kept for whoever signs in next.
	second := sealed(foreign("/echo", urlencoded, url.Values{"transfer": {"all"}}.Encode()))
	nobody := s.client().send(http.MethodPost, "/echo", "passkeys-repost="+second, "Content-Type", "text/plain", "Accept", "text/html",
		"Origin", s.App, "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document")
	if nobody.StatusCode != http.StatusUnauthorized || strings.Contains(nobody.body, "data-form=") || sealed(nobody) != "" {
		s.t.Errorf("without a session: %s %.300s", nobody.Status, nobody.body)
	}
}

func everyRefusalHasAChallenge(s site) {
	c := s.client()
	for what, a := range map[string]answer{
		"a page": c.browse("/orders"), "a program": c.send(http.MethodGet, "/orders", ""), "a form": c.send(http.MethodPost, "/orders", "a=b"),
		"who am I": c.send(http.MethodGet, "/passkeys/session", ""), "universal logout": c.send(http.MethodPost, "/passkeys/universal-logout", "{}"),
	} {
		if a.StatusCode == http.StatusUnauthorized && len(a.Header.Values("WWW-Authenticate")) != 1 {
			s.t.Errorf("%s: %s with the challenges %q", what, a.Status, a.Header.Values("WWW-Authenticate"))
		}
	}
}
