package abuse

import (
	"net/http"
	"strings"
)

// otherPaths are requests that mean another path or method to the app than the
// one that the gate judged.
func otherPaths() []advisory {
	return []advisory{
		{id: "X-Original-URL (CVE-2018-14773 symfony, zend)", lesson: "a header replaced the path, behind the rules for paths", attack: pathToTheApp},
		{id: "X-HTTP-Method-Override", lesson: "a header replaced the method, behind the rules for methods", attack: methodToTheApp},
		{id: "CVE-2008-2938 tomcat", lesson: "overlong UTF-8 spelled the dots of another folder", attack: publicPathInOddSpelling},
		{id: "CVE-2009-1535 IIS", lesson: "a kind decoder's and a file system's other spellings got around the rule for a folder", attack: guardedPathInOddSpelling, settings: "step_up 30s /admin/* /headers acr urn:none"},
	}
}

func pathToTheApp(s site) {
	headerReachesTheApp(s, "/admin", "X-Original-URL", "X-Rewrite-URL", "X-Original-URI", "X-Forwarded-Uri", "X-Forwarded-Path", "X-Forwarded-Prefix",
		"X-Script-Name", "Script-Name", "X-Matched-Path", "x-original-url", "X-ORIGINAL-URL", "X-Original_URL", "X_Rewrite_Url", "X.Original.Url")
}

func methodToTheApp(s site) {
	headerReachesTheApp(s, "DELETE", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X_HTTP_METHOD_OVERRIDE", "x-method-override")
}

func headerReachesTheApp(s site, value string, names ...string) {
	s.t.Helper()
	c := s.client()
	c.signIn(alice, "/headers")
	for _, name := range names {
		for _, connection := range []string{"close", "close, " + name} {
			got := c.seen(c.raw("GET /headers HTTP/1.1\nHost: {host}\nCookie: {cookies}\nConnection: " + connection + "\n" + name + ": " + value + "\n\n"))
			for header, values := range got {
				if strings.Contains(strings.Join(values, " "), value) {
					s.t.Errorf("%s, Connection: %s: the app sees %s: %q", name, connection, header, values)
				}
			}
		}
	}
}

func publicPathInOddSpelling(s site) {
	c := s.client()
	for _, target := range []string{
		"/static/%c0%ae%c0%ae/headers", "/static/%e0%80%ae%e0%80%ae/headers", "/static/%c0%ae%c0%ae%c0%afheaders", "/static/%ef%bc%8e%ef%bc%8e/headers",
		"/static/%ef%bc%8e%ef%bc%8e%ef%bc%8fheaders", "/static/%c4%ae%c4%ae%c4%afheaders", "/static/style.css.", "/static/style.css%20", "/static/style.css::$DATA",
		"/static./style.css", "/static%20/style.css", "/static/STYLE~1.CSS", "/static/%ff", "/healthz.", "/healthz%20", "/STATIC/style.css", "/healthz::$DATA",
	} {
		a := c.raw("GET " + target + " HTTP/1.1\nHost: {host}\nConnection: close\n\n")
		if a.StatusCode != http.StatusUnauthorized || !strings.Contains(a.body, "login_required") {
			s.t.Errorf("%s: %s %.100s", target, a.Status, a.body)
		}
	}
	if a := c.send(http.MethodGet, "/static/style.css", ""); a.StatusCode != http.StatusOK {
		s.t.Errorf("the public file itself: %s", a.Status)
	}
}

func guardedPathInOddSpelling(s site) {
	c := s.client()
	c.signIn(alice, "/orders")
	for _, target := range []string{
		"/admin/x", "/ADMIN/x", "/admin./x", "/admin../x", "/admin%20/x", "/admin+/x", "/admin::$INDEX_ALLOCATION/x", "/admin:$i30:$INDEX_ALLOCATION/x", "/admin~1/x",
		"/ADMINI~1/x", "/%c1%a1dmin/x", "/%e0%81%a1dmin/x", "/%ef%bd%81dmin/x", "/%c4%81dmin/x", "/adm%c4%b1n/x", "/adm%c2%adin/x", "/%ff", "/orders/%ef%bc%8e%ef%bc%8e/admin/x",
		"/headers.", "/headers%20", "/HEADERS", "/headers::$DATA", "/adm%3c%3c/x", "/adm*/x",
	} {
		a := c.raw("GET " + target + " HTTP/1.1\nHost: {host}\nCookie: {cookies}\nAccept: application/json\nConnection: close\n\n")
		if a.StatusCode != http.StatusUnauthorized || !strings.Contains(a.body, "step_up_required") {
			s.t.Errorf("%s: %s %.100s", target, a.Status, a.body)
		}
	}
}
