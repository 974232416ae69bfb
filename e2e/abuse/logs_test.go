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
		{
			id: "streams of a token", lesson: "a stream outlived the token that it was opened with",
			elsewhere: []string{"caddymodule/streamrights_test.go TestStreamsOfABearerTokenEndWithIt", "caddymodule/streamrights_test.go TestStreamsOfARevokedBearerTokenAreCut"},
		},
		{
			id: "streams and rights", lesson: "a stream outlived the rights that it was opened with",
			elsewhere: []string{"caddymodule/streamrights_test.go TestStreamsAreCutWhenARefreshTakesRightsAway", "caddymodule/streamrights_test.go TestStreamsAloneFollowOkta"},
		},
		{
			id: "sign-outs drained", lesson: "strangers used up what true sign-outs need",
			elsewhere: []string{"caddymodule/signout_test.go TestStrangersCannotDrainSignOuts", "internal/signout/known_test.go TestDrainedLimiterKeepsNoSignOutWaiting"},
		},
		{
			id: "replay records crowded out", lesson: "kept forms took the room of logout tokens",
			elsewhere: []string{"internal/sharedstate/contract_test.go TestKeptFormsLeaveRoomForLogoutTokens"},
		},
		{
			id: "log flood", lesson: "a line for each request of a stranger", attack: logFlood,
			elsewhere: []string{"caddymodule/logflood_test.go TestLogFloodByStrangers"},
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

func logFlood(s site) {
	c := s.client()
	for _, request := range []string{
		"GET /passkeys/callback?code=x&code=y HTTP/1.1\nHost: {host}", "GET /passkeys/initiate?iss=https://evil.example HTTP/1.1\nHost: {host}",
		"GET /passkeys/frontchannel-logout?iss=x HTTP/1.1\nHost: {host}", "POST /passkeys/connect-token HTTP/1.1\nHost: {host}\nContent-Length: 0",
		"GET /passkeys/login?idp=0oa1 HTTP/1.1\nHost: {host}",
	} {
		before := s.lines()
		for range 100 {
			c.raw(request + "\nConnection: close\n\n")
		}
		if n := s.lines() - before; n > 20 {
			s.t.Errorf("%.60s: %d lines for a hundred requests", request, n)
		}
	}
}

// lines counts the sidecar's own lines at INFO and above.
func (s site) lines() (n int) {
	for line := range strings.Lines(s.Log(s.t)) {
		if strings.Contains(line, `"logger":"http.handlers.passkeys"`) && !strings.Contains(line, `"level":"debug"`) {
			n++
		}
	}
	return n
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
