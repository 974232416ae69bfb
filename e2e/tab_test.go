package e2e

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

//go:embed find.js
var findScript string

// tab is a browser tab and what a person does in it. Its methods wait for what
// they need and end the test when it does not come.
type tab struct {
	t             *testing.T
	demo          *demo
	ctx           context.Context // ends with the test's patience
	life          context.Context // ends with the tab
	close         func()
	seen          *record
	authenticator webauthn.AuthenticatorID
}

// call runs a command of the DevTools protocol.
func call[P, R any](tb *tab, command cdp.Command[P, R], params P) R {
	tb.t.Helper()
	result, err := chromedp.Call(tb.ctx, command, params)
	tb.must(command.Method, err)
	return result
}

func (tb *tab) must(what string, err error) {
	tb.t.Helper()
	if err != nil {
		tb.t.Fatalf("%s: %v", what, err)
	}
}

// open goes to a path of the site, or to an absolute URL, and returns when the
// answer is there; it does not wait for all of the page.
func (tb *tab) open(where string) {
	tb.t.Helper()
	if strings.HasPrefix(where, "/") {
		where = tb.demo.app + where
	}
	if text := call(tb, page.Navigate, page.NavigateParams{URL: where}).ErrorText; text != "" {
		tb.t.Fatalf("open %s: %s", where, text)
	}
	tb.until("the page after the one that leads to Okta", "true")
}

// ask evaluates a JavaScript expression, with find.js at hand.
func ask[T any](ctx context.Context, expression string) (T, error) {
	return chromedp.Run(ctx, chromedp.Evaluate[T]("(() => {"+findScript+"; return ("+expression+")})()"))
}

// get is ask for an expression that must have a value now.
func get[T any](tb *tab, expression string) T {
	tb.t.Helper()
	value, err := ask[T](tb.ctx, expression)
	tb.must(expression, err)
	return value
}

// until waits until a JavaScript expression is true, through navigations.
func (tb *tab) until(what, expression string) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, waitFor)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		// An error means that a navigation is on its way, or takes too long. The page
		// that leads to Okta has the address of the one that was asked for.
		if is, err := ask[bool](ctx, "document.readyState !== 'loading' && !document.documentElement.dataset.to && !!("+expression+")"); err == nil && is {
			return
		}
		select {
		case <-ctx.Done():
			tb.t.Fatalf("waited in vain for %s; at %s the page says:\n%s", what, tb.where(), tb.says())
		case <-again.C:
		}
	}
}

// quote makes a JavaScript string.
func quote(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always encodes
	}
	return string(quoted)
}

// see waits for a text on the page.
func (tb *tab) see(text string) {
	tb.t.Helper()
	tb.until(fmt.Sprintf("the text %q", text), "text().includes("+quote(text)+")")
}

// at waits until the tab is at a path of the site, query included.
func (tb *tab) at(path string) {
	tb.t.Helper()
	tb.until("the address "+path, "location.href === "+quote(tb.demo.app+path))
}

// on waits until the tab is on a page of the site, whatever the query.
func (tb *tab) on(path string) {
	tb.t.Helper()
	tb.until("the page "+path, "location.origin + location.pathname === "+quote(tb.demo.app+path))
}

// says returns what can be read on the page now, "" if that cannot be told.
func (tb *tab) says() string {
	text, _ := ask[string](tb.ctx, "text()") // for messages: an error has no better text
	return text
}

// where returns the tab's address.
func (tb *tab) where() string {
	where, err := ask[string](tb.ctx, "location.href")
	if err != nil {
		return fmt.Sprintf("an unknown address (%v)", err)
	}
	return where
}

// status returns the HTTP status of the page.
func (tb *tab) status() int {
	tb.t.Helper()
	return get[int](tb, "performance.getEntriesByType('navigation')[0].responseStatus")
}

type point struct{ X, Y float64 }

// press clicks the control with that name.
func (tb *tab) press(name string) {
	tb.t.Helper()
	tb.click(fmt.Sprintf("a control named %q", name), "pointOfNamed("+quote(name)+")")
}

// click clicks where an expression says, once that has stayed put.
func (tb *tab) click(what, expression string) {
	tb.t.Helper()
	var last *point
	ctx, cancel := context.WithTimeout(tb.ctx, waitFor)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		now, err := ask[*point](ctx, "settled() ? "+expression+" : null")
		if err == nil && now != nil && last != nil && *now == *last {
			break
		}
		last = now
		select {
		case <-ctx.Done():
			tb.t.Fatalf("waited in vain for %s; at %s the page says:\n%s", what, tb.where(), tb.says())
		case <-again.C:
		}
	}
	tb.must("click "+what, chromedp.Do(tb.ctx, chromedp.MouseClickXY(last.X, last.Y)))
}

// fill types a text into a field, in place of what is there.
func (tb *tab) fill(selector, text string) {
	tb.t.Helper()
	tb.click("the field "+selector, "pointOfSelected("+quote(selector)+")")
	get[bool](tb, "(document.querySelector("+quote(selector)+").select(), true)")
	call(tb, input.InsertText, input.InsertTextParams{Text: text})
}

// key presses a key, such as kb.Tab.
func (tb *tab) key(key string) {
	tb.t.Helper()
	tb.must("press a key", chromedp.Do(tb.ctx, chromedp.KeyEvent(key)))
}

// tabTo presses the Tab key until the control with that name has the focus.
func (tb *tab) tabTo(name string) {
	tb.t.Helper()
	tb.until(fmt.Sprintf("a control named %q", name), "named("+quote(name)+").length > 0")
	var stops []string
	for range 20 {
		tb.key(kb.Tab)
		stop := get[string](tb, "nameOf(document.activeElement)")
		if stop == name {
			return
		}
		stops = append(stops, stop)
	}
	tb.t.Fatalf("the Tab key does not lead to %q but to %q", name, stops)
}

// fetched is the answer to a fetch in the page.
type fetched struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
	Failed string `json:"failed"`
}

// fetch makes a request as a script of the page would. options is JavaScript.
func (tb *tab) fetch(where, options string) fetched {
	tb.t.Helper()
	answer, err := chromedp.Run(tb.ctx, chromedp.Evaluate[fetched](
		"fetch("+quote(where)+", "+options+").then(async (r) => ({status: r.status, body: await r.text()}), (e) => ({failed: String(e)}))",
		chromedp.EvalAwaitPromise))
	tb.must("fetch "+where, err)
	return answer
}

// quoteNumber makes a JavaScript number.
func quoteNumber(n float64) string { return strconv.FormatFloat(n, 'g', -1, 64) }
