package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// conn is a keep-alive connection that speaks as much HTTP/1.1 as both ends of
// a measurement need: messages with a Content-Length. It allocates nothing for
// each request, so that the load generator leaves the CPUs to what is measured.
type conn struct {
	net.Conn
	r *bufio.Reader
}

// patience ends an exchange that hangs.
const patience = 10 * time.Second

func dial(ctx context.Context, addr string) (*conn, error) {
	c, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &conn{c, bufio.NewReaderSize(c, 16<<10)}, nil
}

// exchange sends a request and returns the answer's status, its body read and
// dropped.
func (c *conn) exchange(request []byte) (status int, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, err
	}
	first, length, err := readHead(c.r, nil)
	if err != nil {
		return 0, err
	}
	if _, err := c.r.Discard(length); err != nil {
		return 0, err
	}
	return first, nil
}

var errFraming = errors.New("an HTTP message without Content-Length")

// readHead reads a message to the end of its head. It returns the number in the
// first line (the status, of an answer) and the length of the body. The lines
// are copied into head, unless that is nil.
func readHead(r *bufio.Reader, head *bytes.Buffer) (status, length int, err error) {
	length = -1
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, 0, err
		}
		if head != nil {
			head.Write(line)
		}
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case first:
			status = statusOf(line)
		case len(line) == 0:
			if length < 0 && status != 0 {
				return status, 0, errFraming
			}
			return status, max(length, 0), nil
		default:
			if v, ok := contentLength(line); ok {
				length = v
			}
		}
	}
}

// statusOf returns 0 for a request's line.
func statusOf(line []byte) int {
	rest, ok := bytes.CutPrefix(line, []byte("HTTP/1.1 "))
	if !ok || len(rest) < 3 {
		return 0
	}
	return number(rest[:3])
}

const lengthName = "content-length:"

func contentLength(line []byte) (int, bool) {
	if len(line) < len(lengthName) || !bytes.EqualFold(line[:len(lengthName)], []byte(lengthName)) {
		return 0, false
	}
	n := number(bytes.TrimSpace(line[len(lengthName):]))
	return n, n >= 0
}

// number returns -1 for what is no number.
func number(digits []byte) int {
	n := 0
	for _, c := range digits {
		if c < '0' || c > '9' || n > 1<<30 {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// browserHeaders are what Chromium sends with a navigation.
const browserHeaders = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n" +
	"Accept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n" +
	"Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\nSec-Fetch-Dest: document\r\n" +
	"Upgrade-Insecure-Requests: 1\r\n"

// navigation is a GET as a browser sends it; cookie may be empty.
func navigation(host, path, cookie string) []byte {
	if cookie == "" {
		return navigationWith(host, path, "")
	}
	return navigationWith(host, path, "Cookie: "+cookie+"\r\n")
}

// navigationWith has further header lines, each ending in \r\n.
func navigationWith(host, path, headers string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + browserHeaders + headers + "\r\n")
}

// post is a POST of JSON with further header lines, each ending in \r\n.
func post(host, path, headers, body string) []byte {
	return []byte("POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\n" + headers +
		"Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}

// fetch sends one request on a connection of its own and returns the answer's
// body.
func fetch(ctx context.Context, addr string, request []byte) (string, error) {
	c, err := dial(ctx, addr)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	if _, err := c.Write(request); err != nil {
		return "", err
	}
	status, length, err := readHead(c.r, nil)
	if err != nil {
		return "", err
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(c.r, body); err != nil {
		return "", err
	}
	if status != 200 {
		return "", fmt.Errorf("status %d from %s: %.200s", status, addr, body)
	}
	return string(body), nil
}
