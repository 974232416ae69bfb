package main

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// form is a page's one form.
type form struct {
	action *url.URL
	values url.Values
}

// form returns the page's one form, filled in as the page has it.
func (a *answer) form() (form, error) {
	doc, err := html.Parse(bytes.NewReader(a.Body))
	if err != nil {
		return form{}, err
	}
	var found *html.Node
	f := form{values: url.Values{}}
	for n := range doc.Descendants() {
		switch {
		case n.Type != html.ElementNode:
		case n.Data == "form":
			found = n
		case n.Data == "input" && found != nil && attribute(n, "name") != "":
			f.values.Set(attribute(n, "name"), attribute(n, "value"))
		}
	}
	if found == nil {
		return form{}, fmt.Errorf("the page at %s (%d) has no form: %q", a.URL.Path, a.Status, a.heading())
	}
	f.action, err = a.URL.Parse(attribute(found, "action"))
	return f, err
}

// find returns the value of an attribute of the first element that has it, ""
// if there is none.
func (a *answer) find(element, name string) string {
	all := a.findAll(element, name)
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// findAll returns the values of an attribute, of all such elements.
func (a *answer) findAll(element, name string) []string {
	doc, err := html.Parse(bytes.NewReader(a.Body))
	if err != nil {
		return nil
	}
	var values []string
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == element && attribute(n, name) != "" {
			values = append(values, attribute(n, name))
		}
	}
	return values
}

// heading is the text of the page's main heading.
func (a *answer) heading() string { return a.text(func(n *html.Node) bool { return n.Data == "h1" }) }

// text is what stands in the first element that fits.
func (a *answer) text(fits func(*html.Node) bool) string {
	doc, err := html.Parse(bytes.NewReader(a.Body))
	if err != nil {
		return ""
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || !fits(n) {
			continue
		}
		var b strings.Builder
		for inner := range n.Descendants() {
			if inner.Type == html.TextNode {
				b.WriteString(inner.Data)
			}
		}
		return strings.TrimSpace(b.String())
	}
	return ""
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
