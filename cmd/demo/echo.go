package main

import (
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
)

// echoed is what the app got of a request, for whoever wants to compare.
type echoed struct {
	Method      string `json:"method"`
	URI         string `json:"uri"`
	User        string `json:"user"`
	ContentType string `json:"content_type"`
	Length      int64  `json:"length"`
	Origin      string `json:"origin"`
	Referer     string `json:"referer"`
	// Body is base64 in JSON.
	Body []byte `json:"body"`
}

// echo answers with what it got, byte for byte.
func (a *legacy) echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<20))
	if err != nil {
		http.Error(w, "the body cannot be read", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(echoed{ // the browser may have left
		r.Method, r.URL.RequestURI(), userOf(r), r.Header.Get("Content-Type"), r.ContentLength,
		r.Header.Get("Origin"), r.Header.Get("Referer"), body,
	})
}

// strict is as tight a policy as an app can have that includes session.js.
const strict = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"

// showPage serves a page that needs no filling in, under a Content-Security-Policy
// if there is one.
func showPage(files fs.FS, name, policy string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if policy != "" {
			w.Header().Set("Content-Security-Policy", policy)
		}
		w.Header().Set("Cache-Control", "no-store")
		http.ServeFileFS(w, r, files, name)
	}
}
