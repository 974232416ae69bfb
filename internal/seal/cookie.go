package seal

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// partSize is the most that one cookie's value holds, in bytes. Browsers drop a
// cookie of more than 4,096 bytes with name and attributes, and say nothing.
const partSize = 3800

// NamePrefix starts the name of every cookie of ours, after the __Host- or
// __Secure- prefix that browsers enforce (RFC 6265bis section 4.1.3).
const NamePrefix = "passkeys-"

// ErrNone is what Read returns when the request carries no such cookie.
var ErrNone = errors.New("no such cookie")

// ErrTooLarge is what Write returns for a value that its parts cannot hold.
var ErrTooLarge = errors.New("value too large for its cookies")

// Attributes of a sealed cookie. HttpOnly and SameSite=Lax always hold, and
// Secure unless Insecure.
type Attributes struct {
	// Short is the end of the name: "session" becomes __Host-passkeys-session.
	Short string
	// Path is the cookie's path. The __Host- prefix needs "/".
	Path string
	// Insecure is for plain http on loopback: browsers refuse the prefixes there.
	Insecure bool
	// MaxAge is how long the browser keeps it; zero means until it is closed.
	MaxAge time.Duration
	// Parts is the most cookies that the value may be split over; zero means 1.
	Parts int
}

// Cookie keeps a value of one purpose in the browser.
type Cookie struct {
	box   *Box
	attr  Attributes
	names []string
}

// NewCookie joins a box and the cookie that carries its values.
func NewCookie(box *Box, attr Attributes) *Cookie {
	attr.Parts = max(attr.Parts, 1)
	c := &Cookie{box: box, attr: attr, names: []string{Name(attr.Short, attr.Path, attr.Insecure)}}
	for i := 1; i < attr.Parts; i++ {
		c.names = append(c.names, c.names[0]+"-"+strconv.Itoa(i))
	}
	return c
}

// Name returns the full name of one of our cookies.
func Name(short, path string, insecure bool) string {
	switch {
	case insecure:
		return NamePrefix + short
	case path == "/":
		return "__Host-" + NamePrefix + short
	default:
		return "__Secure-" + NamePrefix + short
	}
}

// Write seals plain into the answer's cookies. Where the value needs several,
// the first starts with their number: "3.…".
func (c *Cookie) Write(w http.ResponseWriter, plain []byte) error {
	sealed, err := c.box.Seal(plain)
	if err != nil {
		return fmt.Errorf("seal %s cookie: %w", c.attr.Short, err)
	}
	if len(sealed) > partSize {
		// The count's two bytes come out of the first part.
		count := (len(sealed) + 2 + partSize - 1) / partSize
		if count > c.attr.Parts {
			return fmt.Errorf("%w: %s needs %d cookies of %d bytes, and %d are allowed", ErrTooLarge, c.attr.Short, count, partSize, c.attr.Parts)
		}
		sealed = strconv.Itoa(count) + "." + sealed
	}
	for _, name := range c.names {
		part := sealed[:min(len(sealed), partSize)]
		sealed = sealed[len(part):]
		http.SetCookie(w, c.set(name, part))
		if sealed == "" {
			break
		}
	}
	return nil
}

// Read opens the request's cookies. It returns ErrNone when there is none, and
// ErrInvalid for whatever we did not seal: garbage, truncated, foreign or old.
func (c *Cookie) Read(r *http.Request) ([]byte, error) {
	plain, _, err := c.ReadStamped(r)
	return plain, err
}

// ReadStamped is Read with the time of sealing.
func (c *Cookie) ReadStamped(r *http.Request) ([]byte, time.Time, error) {
	sealed, err := c.Sealed(r)
	if err != nil {
		return nil, time.Time{}, err
	}
	return c.box.OpenStamped(sealed)
}

// Sealed returns the sealed text of the request's cookies, joined but not
// opened, or ErrNone or ErrInvalid. The Box opens it.
func (c *Cookie) Sealed(r *http.Request) (string, error) {
	first := value(r, c.names[0])
	switch {
	case first == "":
		return "", ErrNone
	case len(first) > partSize:
		// We never wrote it, and a megabyte is not worth a hash.
		return "", ErrInvalid
	}
	head, rest, split := strings.Cut(first, ".")
	if !split {
		return first, nil
	}
	// The cap is checked before anything is joined: a count of 99999999 must
	// cost nothing.
	count, err := strconv.Atoi(head)
	if err != nil || len(head) != 1 || count < 2 || count > len(c.names) {
		return "", ErrInvalid
	}
	var joined strings.Builder
	joined.Grow(count * partSize)
	joined.WriteString(rest)
	for _, name := range c.names[1:count] {
		part := value(r, name)
		if part == "" || len(part) > partSize {
			return "", ErrInvalid
		}
		joined.WriteString(part)
	}
	return joined.String(), nil
}

// Clear tells the browser to forget the cookies that the request carries.
func (c *Cookie) Clear(w http.ResponseWriter, r *http.Request) {
	for _, name := range c.names {
		if value(r, name) != "" {
			Forget(w, name, c.attr.Path, c.attr.Insecure)
		}
	}
}

// Forget tells the browser to drop one cookie of ours.
func Forget(w http.ResponseWriter, name, path string, insecure bool) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure but on plain http loopback
		Name: name, Path: path, MaxAge: -1, Secure: !insecure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (c *Cookie) set(name, val string) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure but on plain http loopback
		Name: name, Value: val, Path: c.attr.Path, MaxAge: int(c.attr.MaxAge / time.Second),
		Secure: !c.attr.Insecure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// value finds a cookie's value by hand: net/http checks every byte of every
// cookie and copies, which for a session of 4 kB costs as much as opening it.
// Whatever stands in the value is authenticated before it is used. Where a name
// comes twice the first counts, as in net/http.
func value(r *http.Request, name string) string {
	for _, line := range r.Header["Cookie"] {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			if key, val, ok := strings.Cut(strings.TrimLeft(pair, " \t"), "="); ok && key == name {
				return strings.TrimRight(val, " \t")
			}
		}
	}
	return ""
}
