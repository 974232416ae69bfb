// Package ports finds ports for servers that a test starts as processes of
// their own, or more than once on one port.
package ports

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// The ports lie below those that systems give to whoever asks for any (IANA: from
// 49152; Linux: from 32768): one of those could be somebody else's by the time the
// server opens it, or opens it again.
const first, last = 20000, 32000

// Free returns a TCP port that nobody listens on at 127.0.0.1.
func Free(tb testing.TB) string {
	tb.Helper()
	for range 100 {
		port := strconv.Itoa(first + rand.IntN(last-first)) //nolint:gosec // no secret
		ln, err := net.Listen("tcp", "127.0.0.1:"+port)     //nolint:noctx // closed at once
		if err != nil {
			continue
		}
		_ = ln.Close()
		return port
	}
	tb.Fatal("no free port")
	return ""
}
