package main

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// witness collects every secret that the journey meets, and all that the demo
// writes to its logs, to hold the one against the other.
type witness struct {
	mu      sync.Mutex
	secrets map[string]string // value to what it is
	logs    bytes.Buffer
}

// Write takes log lines.
func (w *witness) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.logs.Write(line)
}

// shortest is the least length of a secret: shorter values, such as a flag in a
// cookie, would be found in any log.
const shortest = 16

// keep remembers a secret and how it looks in an address.
func (w *witness) keep(what, value string) {
	if len(value) < shortest {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.secrets == nil {
		w.secrets = map[string]string{}
	}
	w.secrets[value], w.secrets[url.QueryEscape(value)] = what, what
}

// watch keeps what an answer gives the browser: cookies, and what its redirect
// carries in the address.
func (w *witness) watch(res *http.Response) {
	for _, c := range res.Cookies() {
		name, _, attempt := strings.Cut(c.Name, "-login-")
		if attempt { // each one's cookie has a name of its own
			name += "-login"
		}
		w.keep("cookie "+name, c.Value)
	}
	to, err := url.Parse(res.Header.Get("Location"))
	if err != nil {
		return
	}
	for _, name := range []string{"code", "id_token_hint", "login_hint", "stateToken"} {
		w.keep(name, to.Query().Get(name))
	}
}

// found names the secrets that stand in the logs, and counts those that were
// looked for and the lines that they were looked for in.
func (w *witness) found() (leaked []string, kinds map[string]bool, lines int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := w.logs.String()
	kinds = map[string]bool{}
	for value, what := range w.secrets {
		kinds[what] = true
		if strings.Contains(text, value) {
			leaked = append(leaked, what)
		}
	}
	return leaked, kinds, strings.Count(text, "\n")
}
