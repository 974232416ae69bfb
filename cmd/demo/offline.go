package main

import (
	"html"
	"io/fs"
	"net/http"
)

// showWorker serves a service worker that may be in charge of the whole site.
func showWorker(files fs.FS) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Service-Worker-Allowed", "/")
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, files, "workers/"+r.PathValue("name")) //nolint:gosec // G703: embedded files, one path segment
	}
}

// showReport is a page that a browser may keep, as those of many apps are.
func (a *legacy) showReport(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "private, max-age=600")
	script := ""
	if r.URL.Query().Has("watched") {
		script = `<script src="/passkeys/session.js" defer></script>`
	}
	_, _ = w.Write([]byte(`<!DOCTYPE html><html lang="en"><title>Acme Report</title>` + script + // the browser may have left
		`<h1>Report</h1><p>Confidential, for ` + html.EscapeString(userOf(r)) + `</p><p><a href="/passkeys/logout">Leave</a></p></html>`))
}
