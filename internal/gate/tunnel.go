package gate

import (
	"net/http"
	"strings"
)

// takenMethods are what a 405 for the app's paths says that it takes: the
// methods of HTTP and PATCH, but for the two that are refused.
const takenMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

// refusedMethod finds the methods that never go to the app, whoever asks:
//
//   - CONNECT (RFC 9110 section 9.3.6) asks for a tunnel. A proxy that passes it on
//     lets the client write requests of its own onto the app's connection, which
//     nobody judges. Only the WebSocket handshake of HTTP/2 and 3 passes.
//   - TRACE (section 9.3.8) returns the request as the app got it, with the
//     credentials that we added. TRACK is what old servers call it.
//
// Methods are case-sensitive, but not every app knows that.
func refusedMethod(r *http.Request) bool {
	switch len(r.Method) {
	case len(http.MethodTrace): // TRACK too
		return strings.EqualFold(r.Method, http.MethodTrace) || strings.EqualFold(r.Method, "TRACK")
	case len(http.MethodConnect):
		return strings.EqualFold(r.Method, http.MethodConnect) && !isExtendedWebSocket(r)
	}
	return false
}

// isExtendedWebSocket tells the WebSocket handshake of HTTP/2 (RFC 8441) and
// HTTP/3 (RFC 9220) from every other CONNECT, exactly as Caddy's reverse_proxy
// does when it turns it into an upgrade. The protocol is a pseudo-header there,
// which net/http keeps among the fields and quic-go in Proto.
func isExtendedWebSocket(r *http.Request) bool {
	if r.Method != http.MethodConnect {
		return false
	}
	switch r.ProtoMajor {
	case 2:
		return r.Header.Get(":protocol") == websocket
	case 3:
		return r.Proto == websocket
	}
	return false
}

const websocket = "websocket"

// scrubSwitch leaves one way to switch protocols (RFC 9110 section 7.8), the one
// to WebSocket: after any other the client might talk to the app in requests that
// nobody judges. Without the field, the request goes on as a plain one.
// HTTP2-Settings, which comes with h2c, is among the forbidden names.
func scrubSwitch(r *http.Request) {
	if r.ProtoMajor == 1 && r.Method == http.MethodGet && onlyValue(r.Header["Upgrade"], websocket) {
		return
	}
	delete(r.Header, "Upgrade")
	dropConnectionTokens(r.Header, func(token string) bool { return strings.EqualFold(token, "upgrade") })
}

// scrubExpect leaves the one expectation there is (RFC 9110 section 10.1.1).
// Servers disagree on others and on lists, and so on where a body begins.
func scrubExpect(header http.Header) {
	if values, there := header["Expect"]; there && !onlyValue(values, "100-continue") {
		delete(header, "Expect")
	}
}

func onlyValue(values []string, want string) bool {
	return len(values) == 1 && strings.EqualFold(strings.Trim(values[0], " \t"), want)
}

// dropConnectionTokens takes names out of Connection.
func dropConnectionTokens(header http.Header, drop func(token string) bool) {
	lines := header["Connection"]
	clean := true
	for _, line := range lines {
		for token := range strings.SplitSeq(line, ",") {
			clean = clean && !drop(strings.TrimSpace(token))
		}
	}
	if clean {
		return
	}
	var kept []string
	for _, line := range lines {
		for token := range strings.SplitSeq(line, ",") {
			if token = strings.TrimSpace(token); token != "" && !drop(token) {
				kept = append(kept, token)
			}
		}
	}
	if len(kept) == 0 {
		delete(header, "Connection")
		return
	}
	header["Connection"] = []string{strings.Join(kept, ", ")}
}
