package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// record is what a person's browser has seen, in all tabs.
type record struct {
	mu         sync.Mutex
	requests   []string // "METHOD URL"
	cookies    []string // Set-Cookie lines
	locations  []string // of redirects
	console    []string // errors and warnings
	violations []string // of a Content-Security-Policy
	tokens     []string // bodies of connect-token answers
	reading    sync.WaitGroup
}

// listener returns a function for the events of a tab.
func (r *record) listener(tb *tab) func(any) {
	tokenRequests := make(map[network.RequestID]bool) // the events come one after another
	return func(event any) {
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			r.add(&r.requests, e.Request.Method+" "+e.Request.URL)
			if e.Request.Method == http.MethodPost && strings.HasSuffix(e.Request.URL, "/connect-token") {
				tokenRequests[e.RequestID] = true
			}
		case *network.EventResponseReceivedExtraInfo:
			r.headers(e.Headers)
		case *network.EventLoadingFinished:
			if tokenRequests[e.RequestID] {
				// A listener must not call the browser itself.
				r.reading.Go(func() { r.body(tb, e.RequestID) })
			}
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
				r.add(&r.console, fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
			}
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
				r.add(&r.console, "console: "+spoken(e.Args))
			}
		case *runtime.EventExceptionThrown:
			r.add(&r.console, "exception: "+(&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
		case *runtime.EventBindingCalled:
			if e.Name == violationBinding {
				r.add(&r.violations, e.Payload)
			}
		}
	}
}

func (r *record) add(list *[]string, entry string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*list = append(*list, entry)
}

// list returns a copy of one of the lists, after what is still being read.
func (r *record) list(list *[]string) []string {
	r.reading.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), *list...)
}

func (r *record) headers(headers network.Headers) {
	for name, value := range headers {
		text, _ := value.(string) // always
		switch strings.ToLower(name) {
		case "set-cookie":
			for line := range strings.SplitSeq(text, "\n") {
				r.add(&r.cookies, line)
			}
		case "location":
			r.add(&r.locations, text)
		}
	}
}

// body reads a connect token's answer. It may be gone with its page.
func (r *record) body(tb *tab, id network.RequestID) {
	answer, err := chromedp.Call(tb.ctx, network.GetResponseBody, network.GetResponseBodyParams{RequestID: id})
	if err == nil {
		r.add(&r.tokens, string(answer.Body))
	}
}

func spoken(args []*runtime.RemoteObject) string {
	said := make([]string, 0, len(args))
	for _, arg := range args {
		text := arg.Description
		if text == "" {
			text = string(arg.Value)
		}
		said = append(said, text)
	}
	return strings.Join(said, " ")
}

// parameter returns a query parameter's values in all requests and redirects.
func (r *record) parameter(name string) []string {
	var values []string
	for _, entry := range append(r.list(&r.requests), r.list(&r.locations)...) {
		_, address, found := strings.Cut(entry, " ")
		if !found {
			address = entry
		}
		if u, err := url.Parse(address); err == nil && u.Query().Get(name) != "" {
			values = append(values, u.Query().Get(name))
		}
	}
	return values
}
