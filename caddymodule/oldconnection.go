package caddymodule

import (
	"net/http"

	"github.com/caddyserver/caddy/v2"
)

// endOldConnection ends an HTTP/2 connection that has outlived its configuration, after
// this answer. Connections that are accepted while a server begins to shut down
// miss its GOAWAY: they would stay with replaced rules for as long as the client
// uses them, and keep a process from ending. net/http turns the field into a
// GOAWAY, by which a client goes on elsewhere and loses no request.
func (p *Passkeys) endOldConnection(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor != 2 {
		return
	}
	select {
	case <-p.replaced:
		w.Header().Set("Connection", "close")
	default:
		if caddy.Exiting() {
			w.Header().Set("Connection", "close")
		}
	}
}
