package keptform

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/moment"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
	"github.com/passkey-sidecar/passkey-sidecar/internal/quietlog"
	"github.com/passkey-sidecar/passkey-sidecar/internal/seal"
	"github.com/passkey-sidecar/passkey-sidecar/internal/session"
)

const (
	// defaultSize is the largest form that is kept, in bytes of its body.
	defaultSize = 1 << 20
	// MaxSize is the most that may be configured. Sealing makes text of 4/3 the
	// size, and a browser's sessionStorage holds 5 MiB for an origin and tab, two
	// bytes a character in some.
	MaxSize = 1400 << 10
	// formKept is how long after it was posted a form can be sent again.
	formKept = 30 * time.Minute

	// readPatience is how long a form's body may take, and stretchPatience each
	// stretch of it.
	readPatience    = 30 * time.Second
	stretchPatience = 10 * time.Second
	stretch         = 64 << 10
	// maxPath bounds the address that a form was posted to, and maxHeader each
	// header that is kept with it.
	maxPath   = 4 << 10
	maxHeader = 2 << 10
	// maxAround bounds what is sealed with the body, as JSON, which makes six bytes
	// of some.
	maxAround = 6 * (maxPath + 6*maxHeader)
)

// Config of Forms.
type Config struct {
	Keyring *seal.Keyring
	// Base is the base path of our own routes.
	Base string
	// Origins are the site's public origins.
	Origins origin.Set
	// MaxSize is the largest body that is kept, in bytes; zero means 1 MiB.
	MaxSize int64
	// Once makes a form serve once.
	Once Once
	// Client tells whose a request is, for a share of what is worked on at a time;
	// nil means the address of its connection.
	Client func(*http.Request) string
	// Moments hears what becomes of forms; nil for nobody.
	Moments moment.Listener
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Forms keeps forms that were posted to an ended session, sealed, in the browser,
// and takes them back after sign-in.
type Forms struct {
	base      string
	max       int64
	summaries *seal.Box
	// resends are kept forms, reposts those of other sites.
	resends, reposts way
	once             Once
	client           func(*http.Request) string
	moments          moment.Listener
	origins          origin.Set
	// strangers are those who post without a session, users those who send a kept
	// form: the former must not keep the latter out.
	strangers, users *places
	patience         time.Duration // for a body
	now              func() time.Time
	log              *slog.Logger
	quiet            *quietlog.Log // for what strangers can cause
}

// NewForms checks the configuration.
func NewForms(c Config, log *slog.Logger) (*Forms, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.MaxSize == 0 {
		c.MaxSize = defaultSize
	}
	if c.MaxSize < 0 || c.MaxSize > MaxSize {
		return nil, fmt.Errorf("resend %d bytes: a browser's storage takes at most %d for one form", c.MaxSize, MaxSize)
	}
	if c.Keyring == nil {
		return nil, errors.New("kept forms need a session key")
	}
	if c.Once == nil {
		return nil, errors.New("kept forms need a memory of those that were sent")
	}
	if c.Client == nil {
		c.Client = func(r *http.Request) string { return r.RemoteAddr }
	}
	f := &Forms{
		base: c.Base, max: c.MaxSize, once: c.Once, client: c.Client, moments: c.Moments, origins: c.Origins,
		strangers: newPlaces(), users: newPlaces(), patience: readPatience, now: c.Now, log: log, quiet: quietlog.New(log, c.Now),
	}
	var err error
	f.resends = way{marker: []byte(resendMarker), once: "form ", kept: formKept}
	if f.resends.crate, err = c.Keyring.Crate("form.v2", formKept, c.Now); err != nil {
		return nil, err
	}
	f.reposts = way{marker: []byte(repostMarker), once: "repost ", kept: repostKept, foreign: true}
	if f.reposts.crate, err = c.Keyring.Crate("repost.v1", repostKept, c.Now); err != nil {
		return nil, err
	}
	if f.summaries, err = c.Keyring.Box("form-summary.v1", formKept, c.Now); err != nil {
		return nil, err
	}
	return f, nil
}

// owner is the user of the session that ended, empty when that cannot be told
// any more. Then whoever signs in in the same tab may send the form.
type owner struct {
	Issuer  string `json:"iss,omitempty"`
	Subject string `json:"sub,omitempty"`
}

func ownerOf(s *session.Session) owner {
	if s == nil {
		return owner{}
	}
	return owner{s.Issuer, s.Subject}
}

// allows reports whether the user may see and send what the owner posted.
func (o owner) allows(s *session.Session) bool {
	return o == owner{} || o == owner{s.Issuer, s.Subject}
}

// form is a request body and what makes the request again.
type form struct {
	// ID is 128 random bits.
	ID string `json:"id"`
	owner
	// Path is the request target, as the browser sent it.
	Path string `json:"path"`
	Type string `json:"type"`
	// Origin and Referer are the headers that apps look at against forgery.
	Origin  string `json:"origin,omitempty"`
	Referer string `json:"referer,omitempty"`
	// Site is the Sec-Fetch-Site of another site's form, which apps look at too.
	Site string `json:"site,omitempty"`

	body []byte
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// head is what stands before the body where a form is sealed: room for the crate,
// and what is around the body, with its length before it.
func (one *form) head() ([]byte, error) {
	around, err := json.Marshal(one)
	if err != nil {
		return nil, err
	}
	b := make([]byte, seal.CrateRoom, seal.CrateRoom+binary.MaxVarintLen64+len(around))
	return append(binary.AppendUvarint(b, uint64(len(around))), around...), nil
}

// open reads what was sealed behind a head.
func open(crate *seal.Crate, sealed []byte) (*form, error) {
	plain, err := crate.Open(sealed)
	if err != nil {
		return nil, err
	}
	n, used := binary.Uvarint(plain)
	if used <= 0 || n > uint64(len(plain[max(used, 0):])) {
		return nil, seal.ErrInvalid
	}
	plain = plain[used:]
	one := new(form)
	if err := json.Unmarshal(plain[:n], one); err != nil {
		return nil, seal.ErrInvalid
	}
	one.body = plain[n:]
	return one, nil
}
