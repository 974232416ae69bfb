package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
)

const userAgent = "passkey-sidecar-doctor"

// answer is an HTTP answer that has been read.
type answer struct {
	url    string
	status int
	header http.Header
	body   string
	tls    *tls.ConnectionState
}

// send sends a request and reads the answer, without following it anywhere.
func (e *exam) send(r *http.Request) (answer, error) {
	r.Header.Set("User-Agent", userAgent)
	resp, err := e.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 2<<20))
	// At once, before a part of a secret can be cut off and shown.
	return answer{r.URL.String(), resp.StatusCode, resp.Header, hide(string(body), e.hidden), resp.TLS}, err
}

// get sends a GET with headers, given as names and values in turn.
func (e *exam) get(ctx context.Context, target string, headers ...string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return answer{}, err
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return e.send(r)
}

// redirect is where an answer sends a browser, absolute, or nil.
func (a answer) redirect() *url.URL {
	if a.status < 300 || a.status > 399 {
		return nil
	}
	base, err := url.Parse(a.url)
	if err != nil {
		return nil
	}
	to, err := base.Parse(a.header.Get("Location"))
	if err != nil || a.header.Get("Location") == "" {
		return nil
	}
	return to
}

// kind is the media type of an answer.
func (a answer) kind() string {
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	return kind
}

// html reports whether an answer is a web page, whatever it calls itself.
func (a answer) html() bool {
	start := strings.ToLower(strings.TrimSpace(a.body))
	return a.kind() == "text/html" || strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

// place is a URL without its query, which can hold what is nobody's business.
func place(u *url.URL) string { return u.Scheme + "://" + u.Host + u.Path }

// trouble says why no answer came, and what to do.
func trouble(host string, err error) (why, fix string) {
	if name, is := errors.AsType[*net.DNSError](err); is {
		if name.IsTimeout {
			return "the name " + host + " was not resolved in time", "check the resolver of this machine or container (/etc/resolv.conf)"
		}
		return "the name " + host + " does not resolve", "correct the name, or create its DNS record, or let this machine use a resolver that knows it"
	}
	if why, fix, is := tlsTrouble(host, err); is {
		return why, fix
	}
	timeout, _ := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded), timeout != nil && timeout.Timeout():
		return "no answer of " + host + " in time", "open the way out to " + host + " in firewall and proxy (HTTPS_PROXY), or find out why it hangs"
	case strings.Contains(err.Error(), "connection refused"):
		return "nothing listens at " + host, "start what should listen there, or correct host and port"
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return host + " speaks plain HTTP where https was asked for", "write the address of its TLS port, or put TLS in front of it"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "connection reset"):
		return host + " closed the connection without an answer", "look at the log of what stands at " + host + ", or at a proxy or firewall on the way"
	}
	// The error of net/http quotes the whole URL; its cause does not.
	if outer, is := errors.AsType[*url.Error](err); is {
		err = outer.Err
	}
	return err.Error(), "make " + host + " reachable from this machine"
}

// tlsTrouble explains errors of certificates.
func tlsTrouble(host string, err error) (why, fix string, is bool) {
	if _, is := errors.AsType[x509.UnknownAuthorityError](err); is {
		return "its certificate is signed by an authority that this machine does not know",
			"serve the whole chain, or add the authority (a proxy that inspects TLS has its own) to this machine's trust store", true
	}
	if _, is := errors.AsType[x509.HostnameError](err); is {
		return "its certificate is for another name than " + host, "get a certificate that names " + host + ", or correct the name", true
	}
	if bad, is := errors.AsType[x509.CertificateInvalidError](err); is {
		if bad.Reason == x509.Expired {
			return "its certificate has expired or is not valid yet", "renew the certificate, and check this machine's clock", true
		}
		return "its certificate is not valid", "replace the certificate", true
	}
	if _, is := errors.AsType[tls.RecordHeaderError](err); is {
		return host + " does not speak TLS at that port", "write the address of its TLS port, or put TLS in front of it", true
	}
	return "", "", false
}

// quote shows what others said, as one short line.
func quote(s string) string {
	s = line(s)
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return "“" + s + "”"
}
