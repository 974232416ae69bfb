package caddymodule

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// longLived is an app with a WebSocket-like upgrade and an event stream, both of
// which say hello and then stay for as long as they are let.
func (w *world) longLived() {
	plain := w.app.Config.Handler
	w.app.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Upgrade") != "":
			conn, buffered, err := http.NewResponseController(rw).Hijack()
			if err != nil {
				return
			}
			defer func() { _ = conn.Close() }()
			_, _ = buffered.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello\n")
			_ = buffered.Flush()
			_, _ = io.Copy(io.Discard, conn)
		case strings.Contains(r.Header.Get("Accept"), "text/event-stream"):
			rw.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(rw, "hello\n")
			_ = http.NewResponseController(rw).Flush()
			<-r.Context().Done()
		default:
			plain.ServeHTTP(rw, r)
		}
	})
}

var streamRequests = map[string]string{
	"WebSocket":    "GET /ws HTTP/1.1\nHost: {host}\nCookie: {cookies}\nConnection: Upgrade\nUpgrade: websocket\n\n",
	"event stream": "GET /events HTTP/1.1\nHost: {host}\nCookie: {cookies}\nAccept: text/event-stream\n\n",
}

// openStream sends the request, waits for the app's hello, and returns a channel
// that tells when the connection was over.
func (b *browser) openStream(request string) <-chan time.Time {
	b.t.Helper()
	site, err := url.Parse(b.site)
	if err != nil {
		b.t.Fatal(err)
	}
	conn, err := net.Dial("tcp", site.Host) //nolint:noctx // a test's connection, closed below
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, b.fill(request)); err != nil {
		b.t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	for line := ""; line != "hello\n"; {
		if line, err = in.ReadString('\n'); err != nil {
			b.t.Fatalf("no stream: %q, %v", line, err)
		}
	}
	over := make(chan time.Time, 1)
	go func() {
		_, _ = io.Copy(io.Discard, in)
		over <- time.Now()
	}()
	return over
}

// lasts is a session's settings beside its key.
func (w *world) lasts(idle, lifetime string) string {
	return strings.Replace(w.caddyfile(""), "key {env.TEST_SESSION_KEY}",
		fmt.Sprintf("key {env.TEST_SESSION_KEY}\nidle %s\nlifetime %s", idle, lifetime), 1)
}

func isOpen(over <-chan time.Time) bool {
	select {
	case <-over:
		return false
	case <-time.After(100 * time.Millisecond):
		return true
	}
}

// cutBy checks that the stream ends, and not later than that.
func cutBy(t *testing.T, name string, over <-chan time.Time, latest time.Time) {
	t.Helper()
	select {
	case at := <-over:
		if at.After(latest) {
			t.Errorf("%s: cut %s late", name, at.Sub(latest))
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: never cut", name)
	}
}

func TestStreamsOfAnEndedSessionAreCutWithinASecond(t *testing.T) {
	w := newWorld(t)
	w.longLived()
	w.start("")
	b, other := w.browser(), w.browser()
	b.signIn("/")
	other.signIn("/")
	streams := make(map[string]<-chan time.Time)
	for name, request := range streamRequests {
		streams[name] = b.openStream(request)
		streams[name+" of another session"] = other.openStream(request)
	}
	b.send(http.MethodPost, "/passkeys/logout", url.Values{})
	latest := time.Now().Add(time.Second)
	for name := range streamRequests {
		cutBy(t, name, streams[name], latest)
		if name += " of another session"; !isOpen(streams[name]) {
			t.Errorf("the %s was cut too", name)
		}
	}
}

// An event stream that began before a reload is cut by a sign-out after it.
func TestStreamFromBeforeAReloadIsCut(t *testing.T) {
	w := newWorld(t)
	w.longLived()
	w.start("")
	b := w.browser()
	b.signIn("/")
	stream := b.openStream(streamRequests["event stream"])
	w.start("brand {\nname Renamed\n}")
	if !isOpen(stream) {
		t.Fatal("the reload cut it")
	}
	b.send(http.MethodPost, "/passkeys/logout", url.Values{})
	cutBy(t, "event stream", stream, time.Now().Add(time.Second))
}

func TestStreamsAreCutWhenTheSessionsTimeIsOver(t *testing.T) {
	for name, times := range map[string][2]string{"lifetime": {"3s", "3s"}, "idle": {"3s", "1h"}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.longLived()
			if err := load(t, w.lasts(times[0], times[1])); err != nil {
				t.Fatal(err)
			}
			b := w.browser()
			b.signIn("/")
			streams, began := make(map[string]<-chan time.Time), time.Now()
			for name, request := range streamRequests {
				streams[name] = b.openStream(request)
			}
			for name, over := range streams {
				if time.Since(began) < time.Second && !isOpen(over) {
					t.Errorf("%s: cut at once", name)
				}
				cutBy(t, name, over, began.Add(4*time.Second))
			}
		})
	}
}
