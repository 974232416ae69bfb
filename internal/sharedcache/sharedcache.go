// Package sharedcache reports whether a cache that serves many people may keep an answer
// (RFC 9111 section 3), so that what belongs to one person does not travel in it.
//
// It goes by what the answer says, and lists what is known to be safe. If it does not
// know a field or directive, it assumes that a cache may keep the answer.
package sharedcache

import (
	"net/http"
	"strings"
	"time"
)

// Permission is what an answer tells shared caches.
type Permission int

const (
	// Given: the answer says that it may be kept and given to others, or says
	// something that may mean it.
	Given Permission = iota
	// Unsaid: nothing says so, but nothing forbids it: caches may keep such an answer
	// by a rule of thumb (RFC 9111 section 4.2.2), or if they ask again each time.
	Unsaid
	// Denied: the answer says no-store or private.
	Denied
)

// Of reads an answer's header. Dates are compared with the clock now.
func Of(h http.Header, now func() time.Time) Permission {
	said := ofDirectives(h["Cache-Control"])
	if said == Given {
		return Given
	}
	for name, lines := range h {
		switch {
		case len(name) < len("Expires") || empty(lines):
		case name == "Expires":
			if said == Unsaid && fresh(lines, h.Get("Date"), now()) {
				return Given
			}
		case name == "X-Accel-Expires":
			if lines[0] != "0" && lines[0] != "off" {
				return Given // nginx, which goes by it first
			}
		case targeted(name) && ofDirectives(lines) != Denied:
			// Its cache goes by this field alone (RFC 9213 section 2.2), so it must deny
			// by itself.
			return Given
		}
	}
	return said
}

// Deny says private in an answer that says nothing of the kind.
func Deny(h http.Header) {
	if lines := h["Cache-Control"]; !empty(lines) {
		h.Set("Cache-Control", strings.Join(lines, ", ")+", private")
		return
	}
	h["Cache-Control"] = []string{"private"}
}

// targeted tells the fields that some caches go by instead of Cache-Control: those
// of RFC 9213, and two that are older.
func targeted(name string) bool {
	const suffix = "-Control"
	if last := name[len(name)-1]; last != 'l' && last != 'L' || len(name) <= len(suffix) {
		return false // most, and cheaply
	}
	before := len(name) - len(suffix)
	if !strings.EqualFold(name[before:], suffix) {
		return false
	}
	switch who := strings.ToLower(name[:before]); who {
	case "surrogate", "edge":
		return true
	case "cache": // set past http.Header's methods
		return name != "Cache-Control"
	default:
		return strings.HasSuffix(who, "-cache")
	}
}

func empty(lines []string) bool {
	for _, line := range lines {
		if line != "" {
			return false
		}
	}
	return true
}

// fresh reports whether Expires is still to come, by the app's clock or ours. What is
// no date has passed (RFC 9111 section 5.3).
func fresh(expires []string, date string, now time.Time) bool {
	for _, line := range expires {
		at, err := http.ParseTime(line)
		if err != nil {
			continue
		}
		if sent, err := http.ParseTime(date); at.After(now) || err == nil && at.After(sent) {
			return true
		}
	}
	return false
}

// ofDirectives reads the lines of Cache-Control, or of a field like it.
func ofDirectives(lines []string) Permission {
	var shared, lasting, noStore, overridden, private bool
	for _, rest := range lines {
		for rest != "" {
			var d directive
			d, rest = next(rest)
			switch strings.ToLower(d.name) {
			case "", "no-cache", "must-revalidate", "proxy-revalidate", "no-transform", "immutable":
				// These let nobody keep anything.
			case "no-store":
				noStore = true
			case "must-understand":
				overridden = true // no-store does not count where it is understood (section 5.2.2.3)
			case "private":
				private = private || !d.valued // with names it keeps back those fields only
			case "public":
				shared = true
			case "s-maxage":
				shared = shared || !d.zero()
			case "max-age":
				lasting = lasting || !d.zero()
			default:
				lasting = true
			}
		}
	}
	switch {
	case shared:
		return Given // whatever else it says
	case private, noStore && !overridden:
		return Denied
	case lasting:
		return Given
	}
	return Unsaid
}

// directive is a name, or a name with a value.
type directive struct {
	name, value string
	valued      bool
}

// next cuts off the first directive of a list. A quoted value may hold commas; one
// that does not end makes a directive without a known name.
func next(list string) (d directive, rest string) {
	end, quoted := 0, false
	for ; end < len(list); end++ {
		c := list[end]
		if quoted && c == '\\' {
			end++
		} else if c == '"' {
			quoted = !quoted
		} else if c == ',' && !quoted {
			break
		}
	}
	if quoted {
		return directive{name: list}, ""
	}
	if end < len(list) {
		rest = list[end+1:]
	}
	d.name, d.value, d.valued = strings.Cut(list[:end], "=")
	d.name, d.value = strings.TrimSpace(d.name), strings.Trim(d.value, " \t\"")
	return d, rest
}

// zero tells a lifetime of no seconds.
func (d directive) zero() bool { return d.value != "" && strings.Trim(d.value, "0") == "" }
