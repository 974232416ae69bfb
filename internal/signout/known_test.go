package signout

import (
	"fmt"
	"net/http"
	"testing"
)

// TestDrainedLimiterKeepsNoSignOutWaiting has strangers use up what all clients
// together may write, and then a person signs out at the provider.
func TestDrainedLimiterKeepsNoSignOutWaiting(t *testing.T) {
	f := newFixture(t)
	f.config.Known.Add(testIssuer, "sid-live")
	for i := range 1000 {
		f.frontchannel(http.MethodGet, asked(testIssuer, fmt.Sprint(i)), "", nil, fmt.Sprintf("198.51.%d.%d", i/250, i%250))
	}
	f.ended = nil
	f.wantStatus("one that was not seen here", f.frontchannel(http.MethodGet, asked(testIssuer, "sid-other"), "", nil, "192.0.2.1"), http.StatusTooManyRequests)
	f.wantStatus("a live one", f.frontchannel(http.MethodGet, asked(testIssuer, "sid-live"), "", nil, "192.0.2.1"), http.StatusOK)
	f.wantEnded("a live one", "session "+testIssuer+" sid-live")
	// It is over, so it is worth no second record.
	f.wantStatus("again", f.frontchannel(http.MethodGet, asked(testIssuer, "sid-live"), "", nil, "192.0.2.1"), http.StatusTooManyRequests)
	// Until somebody signs in anew from the same session of the provider.
	f.config.Known.Add(testIssuer, "sid-live")
	f.wantStatus("anew", f.frontchannel(http.MethodGet, asked(testIssuer, "sid-live"), "", nil, "192.0.2.1"), http.StatusOK)
	// What could not be recorded may be tried again.
	f.config.Known.Add(testIssuer, "sid-live")
	f.err = errDown
	f.wantStatus("down", f.frontchannel(http.MethodGet, asked(testIssuer, "sid-live"), "", nil, "192.0.2.1"), http.StatusServiceUnavailable)
	f.err = nil
	f.wantStatus("up again", f.frontchannel(http.MethodGet, asked(testIssuer, "sid-live"), "", nil, "192.0.2.1"), http.StatusOK)
}

func TestKnownSessionsAreBoundedAndKeepTheLatest(t *testing.T) {
	k := NewKnown()
	k.Add(testIssuer, "")
	if k.has(testIssuer, "") {
		t.Error("no sid is known")
	}
	for i := range 3 * maxKnown {
		k.Add(testIssuer, fmt.Sprint(i))
	}
	if n := len(k.young) + len(k.old); n > 2*maxKnown {
		t.Errorf("%d are remembered", n)
	}
	for i := 2 * maxKnown; i < 3*maxKnown; i++ {
		if !k.has(testIssuer, fmt.Sprint(i)) {
			t.Fatalf("%d is forgotten", i)
		}
	}
	if k.has("https://other.example", fmt.Sprint(3*maxKnown-1)) || k.has(testIssuer, "0") {
		t.Error("another issuer's, or the first of all, is known")
	}
	k.forget(testIssuer, fmt.Sprint(3*maxKnown-1))
	if k.has(testIssuer, fmt.Sprint(3*maxKnown-1)) {
		t.Error("not forgotten")
	}
}
