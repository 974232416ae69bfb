package abuse

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// logsAndStreams are attacks by those who read what is written down, or who fill it,
// and by those whose rights are over while a connection stays open.
func logsAndStreams() []advisory {
	return []advisory{
		{
			id: "codes in the access log", lesson: "what no route served was logged with its code", attack: secretsInTheLog,
			elsewhere: []string{"caddymodule/unlogged_test.go TestSecretsInAddressesStayOutOfTheAccessLog"},
		},
	}
}

func secretsInTheLog(s site) {
	c := s.client()
	requests := []string{
		"HEAD /passkeys/callback?code=", "POST /passkeys/callback?code=", "GET /passkeys/callback/?code=", "GET /passkeys//callback?code=", "GET /passkeys/./callback?code=",
		"GET /%70asskeys/callback?code=", "GET /passkeys%2fcallback?code=", "HEAD /passkeys/frontchannel-logout?iss=x&sid=", "HEAD /passkeys/login?login_hint=",
		"PUT /passkeys/initiate?iss=x&login_hint=", "HEAD /passkeys/logout?id_token_hint=",
	}
	for i, request := range requests {
		for _, host := range []string{"{host}", "127.0.0.1"} {
			c.raw(fmt.Sprintf("%sleak-%02d- HTTP/1.1\nHost: %s\nContent-Length: 0\nConnection: close\n\n", request, i, host))
		}
	}
	c.send(http.MethodGet, "/passkeys/signed-out?all-were-asked", "")
	s.logged("all-were-asked")
	log := s.Log(s.t)
	for i, request := range requests {
		if strings.Contains(log, fmt.Sprintf("leak-%02d-", i)) {
			s.t.Errorf("in the log: %s", request)
		}
	}
}

// logged waits until the log holds a text.
func (s site) logged(text string) {
	s.t.Helper()
	for end := time.Now().Add(10 * time.Second); !strings.Contains(s.Log(s.t), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%s never came into the log", text)
		}
	}
}
