package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// The paths of the upstream that are no page of the app.
const (
	// echoPath answers with the request's head as it arrived.
	echoPath = "/echo"
	// tokensPath is Corbado's (Corbado: Backend API, connectTokens).
	tokensPath = "/v2/connectTokens"
)

// serveUpstream is `bench upstream`: the app behind both proxies and, for the
// sidecar, a Backend API that answers at once. It is a process of its own, so
// that its CPU is not counted and it shares no garbage collector with the load
// generator, and it ends when its standard input does. The first line of its
// output is its address.
func serveUpstream(ctx context.Context, in io.Reader, out io.Writer) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		_ = l.Close()
	}()
	if _, err := io.WriteString(out, l.Addr().String()+"\n"); err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		go answerAll(c)
	}
}

func answerAll(c net.Conn) {
	defer func() { _ = c.Close() }()
	r, head := bufio.NewReaderSize(c, 16<<10), new(bytes.Buffer)
	for {
		head.Reset()
		_, length, err := readHead(r, head)
		if err != nil {
			return
		}
		if _, err := r.Discard(length); err != nil {
			return
		}
		if _, err := c.Write(answerTo(head.Bytes())); err != nil {
			return
		}
	}
}

var (
	page  = ok("text/html; charset=utf-8", "<!doctype html><title>Orders</title>"+strings.Repeat("<p>An order.</p>\n", 60))
	token = ok("application/json", `{"id":"ctk-4Nq0dSbVRdQXKAnnbqoPG","tokenType":"passkey-list","secret":"ctk1_`+strings.Repeat("k", 40)+
		`","expires":`+strconv.FormatInt(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), 10)+`}`)
)

func answerTo(head []byte) []byte {
	_, path, _ := bytes.Cut(head, []byte(" "))
	switch {
	case bytes.HasPrefix(path, []byte(echoPath)):
		return ok("text/plain", string(head))
	case bytes.HasPrefix(path, []byte(tokensPath)):
		return token
	default:
		return page
	}
}

func ok(kind, body string) []byte {
	return []byte("HTTP/1.1 200 OK\r\nContent-Type: " + kind + "\r\nCache-Control: no-store\r\nContent-Length: " +
		strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}

// startUpstream starts this program again as the upstream.
func (h *house) startUpstream(ctx context.Context) (addr string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	said, into := io.Pipe()
	p := h.prepare(ctx, "upstream", self, "upstream")
	p.cmd.Stdout = into
	if _, err := p.cmd.StdinPipe(); err != nil { // held open for as long as we live
		return "", err
	}
	if err := h.begin(p); err != nil {
		return "", err
	}
	go func() {
		<-p.done
		_ = into.CloseWithError(errors.New("the upstream ended at its start"))
	}()
	line, err := bufio.NewReader(said).ReadString('\n')
	return strings.TrimSpace(line), err
}
