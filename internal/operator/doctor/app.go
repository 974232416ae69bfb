package doctor

import (
	"context"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
)

// app looks at the app itself: does it answer to the sidecar, does it answer around it,
// and does its start page hold what trips over a sign-in?
func (e *exam) app(ctx context.Context) []Finding {
	if len(e.Upstreams) == 0 {
		return one(unproven("the app is not looked at", "the configuration names no reverse_proxy beside passkeys with a fixed address", "see docs/threat-model.md: the app must be reachable through the sidecar only"))
	}
	var found []Finding
	for _, u := range e.Upstreams {
		if socket, is := strings.CutPrefix(u.Dial, "unix/"); is {
			found = append(found, appSocket(socket))
			continue
		}
		found = append(found, e.appAt(ctx, u)...)
	}
	return found
}

func appSocket(path string) Finding {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return failure("the app's socket is not there", "no "+path, "start the app, or correct the address in reverse_proxy")
	case info.Mode().Perm()&0o002 != 0:
		return warning("everybody on this machine may write to the app's socket", "its mode is "+info.Mode().Perm().String(), "give the socket mode 0660 and a group that the sidecar is in")
	}
	return ok("the app listens on a socket that others may not write to")
}

func (e *exam) appAt(ctx context.Context, u Upstream) []Finding {
	scheme := "http://"
	if u.TLS {
		scheme = "https://"
	}
	a, err := e.get(ctx, scheme+u.Dial+"/", "Accept", "text/html")
	if err != nil {
		why, fix := trouble(u.Dial, err)
		if _, _, certificate := tlsTrouble(u.Dial, err); !certificate {
			return one(failure("the app does not answer at "+u.Dial, why, fix))
		}
	}
	return append(one(e.around(ctx, u.Dial)), traps(a)...)
}

// around looks for ways to the app that do not lead through the sidecar.
func (e *exam) around(ctx context.Context, dial string) Finding {
	host, port, err := net.SplitHostPort(dial)
	if err != nil {
		return unproven("whether the app is reachable around the sidecar is not seen", "its address has no port", "try from another machine")
	}
	if !origin.IsLoopbackHost(host) {
		return unproven("whether others reach the app around the sidecar is not seen", "it listens at "+dial+", and this machine may connect",
			"from another machine or pod, try: curl http://"+dial+"/; it must fail. Else bind the app to localhost, or close the port by firewall or NetworkPolicy")
	}
	addresses, _ := net.InterfaceAddrs() // none means that none can be tried
	for _, a := range addresses {
		ip, is := a.(*net.IPNet)
		if !is || ip.IP.IsLoopback() || ip.IP.IsLinkLocalUnicast() {
			continue
		}
		at := net.JoinHostPort(ip.IP.String(), port)
		dialer := net.Dialer{Timeout: time.Second}
		conn, err := dialer.DialContext(ctx, "tcp", at)
		if err != nil {
			continue
		}
		_ = conn.Close()
		return failure("the app is reachable around the sidecar", "it listens at "+at+" too, where anybody in the network can forge headers of identity",
			"bind the app to 127.0.0.1, or close port "+port+" by firewall")
	}
	return ok("the app listens on this machine only")
}

var (
	manifestLink  = regexp.MustCompile(`(?is)<link\b[^>]*\brel\s*=\s*["']?manifest\b[^>]*>`)
	serviceWorker = regexp.MustCompile(`navigator\.serviceWorker\.register`)
	passwordField = regexp.MustCompile(`(?is)<input\b[^>]*\btype\s*=\s*["']?password\b`)
)

// traps finds in the app's start page what trips over a sign-in (docs/spa.md).
func traps(a answer) (found []Finding) {
	if !a.html() || a.status != http.StatusOK {
		return nil
	}
	if link := manifestLink.FindString(a.body); link != "" && !strings.Contains(link, "use-credentials") {
		found = append(found, warning("the app's manifest is fetched without the session", "browsers send no cookies for it, so it is answered with a sign-in",
			"add its path to public, or crossorigin=\"use-credentials\" to its link"))
	}
	if serviceWorker.MatchString(a.body) {
		found = append(found, warning("the app registers a service worker", "one that keeps pages shows them after a sign-out, and may answer the sidecar's own paths",
			"see docs/spa.md, Service workers"))
	}
	if passwordField.MatchString(a.body) {
		found = append(found, warning("the app's start page asks for a password", "the app has sign-ins of its own: another site may sign a user in there as somebody else (login CSRF)",
			"let the app take the user from headers or assertion, and switch its own sign-in off"))
	}
	return found
}
