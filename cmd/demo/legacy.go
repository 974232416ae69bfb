package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed legacy
var legacyFiles embed.FS

// maxOrders is how many orders the app keeps; the oldest go first.
const maxOrders = 20

// order is one line of the app's table.
type order struct {
	Number        int
	Item, By      string
	Quantity, Day string
}

// legacy is the app that nobody can change. It believes what stands in the
// request's headers, has no sign-in, and knows nothing of passkeys.
type legacy struct {
	journal *journal
	page    *template.Template
	sidecar string
	mux     *http.ServeMux

	mu     sync.Mutex
	orders []order
	last   int
}

// newLegacy makes the app; sidecar is the origin in front of it, for the links
// in the footer.
func newLegacy(j *journal, sidecar string) (*legacy, error) {
	files, err := fs.Sub(legacyFiles, "legacy")
	if err != nil {
		return nil, err
	}
	page, err := template.ParseFS(files, "orders.html")
	if err != nil {
		return nil, err
	}
	a := &legacy{
		journal: j, page: page, sidecar: sidecar, mux: http.NewServeMux(), last: 1042,
		orders: []order{
			{1042, "Anvil, 50 kg", "wile@acme.test", "1", "Monday"},
			{1041, "Rocket skates, pair", "wile@acme.test", "2", "Monday"},
			{1040, "Birdseed, sack", "rita@acme.test", "12", "Friday"},
		},
	}
	a.mux.HandleFunc("GET /{$}", a.showOrders)
	a.mux.HandleFunc("GET /orders", a.showOrders)
	a.mux.HandleFunc("POST /orders", a.takeOrder)
	a.mux.HandleFunc("GET /headers", a.showHeaders)
	a.mux.HandleFunc("GET /forms", showPage(files, "forms.html", ""))
	a.mux.HandleFunc("GET /stock", showPage(files, "spa.html", strict))
	a.mux.Handle("GET /static/spa.js", http.StripPrefix("/static/", http.FileServerFS(files)))
	a.mux.HandleFunc("GET /workers", showPage(files, "workers.html", ""))
	a.mux.Handle("GET /static/workers.js", http.StripPrefix("/static/", http.FileServerFS(files)))
	a.mux.HandleFunc("GET /workers/{name}", showWorker(files))
	a.mux.HandleFunc("GET /report", a.showReport)
	a.mux.HandleFunc("/echo", a.echo)
	a.mux.HandleFunc("GET /frames", showPage(files, "frames.html", ""))
	a.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	a.mux.Handle("GET /static/style.css", http.StripPrefix("/static/", http.FileServerFS(files)))
	a.mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return a, nil
}

// ServeHTTP answers one request and tells what it saw.
func (a *legacy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mux.ServeHTTP(w, r)
	if p := r.URL.Path; p == "/healthz" || p == "/favicon.ico" || strings.HasPrefix(p, "/static/") {
		return
	}
	who := "for nobody"
	if name := userOf(r); name != "" {
		who = "for " + name
	}
	a.journal.say("app", r.Method+" "+r.URL.EscapedPath()+"  "+who)
}

// userOf is who the app thinks the user is.
func userOf(r *http.Request) string {
	for _, name := range []string{"X-Forwarded-Email", "X-Forwarded-Preferred-Username", "X-Forwarded-User"} {
		if v := r.Header.Get(name); v != "" {
			return v
		}
	}
	return ""
}

// header is one request header with all its values.
type header struct{ Name, Value string }

func headersOf(r *http.Request) []header {
	list := []header{{"Host", r.Host}}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			list = append(list, header{name, value})
		}
	}
	return list
}

// Identity reports whether a header says who the user is; the page marks it.
func (h header) Identity() bool {
	return slices.Contains([]string{
		"X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups", "X-Forwarded-Preferred-Username",
	}, h.Name)
}

func (a *legacy) showOrders(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	orders := slices.Clone(a.orders)
	a.mu.Unlock()
	var body bytes.Buffer
	err := a.page.Execute(&body, map[string]any{
		"User": userOf(r), "ID": r.Header.Get("X-Forwarded-User"), "Groups": r.Header.Get("X-Forwarded-Groups"),
		"Orders": orders, "Headers": headersOf(r), "Sidecar": a.sidecar,
	})
	if err != nil {
		http.Error(w, "the page cannot be drawn", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body.Bytes()) // the browser may have left
}

// takeOrder is the form's target. Like many an old app it trusts its user's
// browser: the sidecar's cookie, SameSite=Lax, is what keeps forms of other
// sites out.
func (a *legacy) takeOrder(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	item, quantity := strings.TrimSpace(r.PostFormValue("item")), r.PostFormValue("quantity")
	n, err := strconv.Atoi(quantity)
	if item == "" || len(item) > 80 || err != nil || n < 1 || n > 99 {
		http.Error(w, "an order needs an item (80 letters at most) and a quantity from 1 to 99", http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	a.last++
	taken := order{a.last, item, userOf(r), strconv.Itoa(n), time.Now().Weekday().String()}
	a.orders = append([]order{taken}, a.orders[:min(len(a.orders), maxOrders-1)]...)
	a.mu.Unlock()
	http.Redirect(w, r, "/orders", http.StatusSeeOther)
}

func (a *legacy) showHeaders(w http.ResponseWriter, r *http.Request) {
	all := r.Header.Clone()
	all.Set("Host", r.Host)
	body, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		http.Error(w, "the headers cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(body, '\n')) // the browser may have left
}
