package corbado

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Config says which Corbado project the emulator plays.
type Config struct {
	// PublicURL is where browsers reach the emulator, without a trailing slash,
	// such as http://corbado.acme.localhost:8080. Every absolute URL in an
	// answer starts with it.
	PublicURL string
	// ProjectID is pro- and digits.
	ProjectID string
	// APISecret is the password of the Backend API's Basic authentication; the
	// user name is ProjectID.
	APISecret string
	// APIKeys are the Backend API keys accepted as bearer tokens. Default: none.
	APIKeys []string
	// RPID is the WebAuthn relying party id: the registrable domain that the
	// pages share.
	RPID string
	// RPName is what the browser may show beside a passkey. Default: RPID.
	RPName string
	// RPOrigins are the pages allowed to call the Frontend API and to create
	// passkeys, such as http://app.acme.localhost:8080.
	RPOrigins []string
	// OIDCClients may let users sign in by the OpenID provider. Default: nobody.
	OIDCClients []OIDCClient
	// AMR is the amr of every ID token (RFC 8176). Default: pop, hwk, mfa: a
	// passkey is a key in hardware that was used after a check of the user.
	AMR []string
	// CDN holds web-js-latest.min.js and web-js-latest.min.css at its root.
	// Default: none, /connect/dist/ answers 404.
	CDN fs.FS
	// NewKey makes RSA keys of 2048 bits or more. Default: a new one each time.
	// Tests lend theirs, since each costs up to half a second.
	NewKey func() (*rsa.PrivateKey, error)
	// Log tells what happened. Default: nothing is logged.
	Log *slog.Logger
	// Now is the time source. Default: time.Now.
	Now func() time.Time
}

var projectIDForm = regexp.MustCompile(`^pro-[0-9]+$`)

func (c *Config) check() error {
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("corbado: PublicURL must be an absolute http or https URL")
	}
	if !projectIDForm.MatchString(c.ProjectID) {
		return errors.New("corbado: ProjectID must be pro- and digits")
	}
	if c.APISecret == "" || slices.Contains(c.APIKeys, "") {
		return errors.New("corbado: APISecret and every one of APIKeys must not be empty")
	}
	if c.RPID == "" || len(c.RPOrigins) == 0 {
		return errors.New("corbado: RPID and RPOrigins are required")
	}
	for _, raw := range c.RPOrigins {
		o, err := url.Parse(raw)
		if err != nil || o.Host == "" || o.Scheme+"://"+o.Host != raw {
			return fmt.Errorf("corbado: RPOrigins: %q is not an origin (scheme://host[:port])", raw)
		}
		if o.Hostname() != c.RPID && !strings.HasSuffix(o.Hostname(), "."+c.RPID) {
			return fmt.Errorf("corbado: RPOrigins: %q cannot use the RPID %q, which must be its domain or a parent of it", raw, c.RPID)
		}
	}
	return checkOIDCClients(c.OIDCClients)
}

// Server is the emulator. It is an [http.Handler], safe for concurrent use, and
// keeps everything in memory.
type Server struct {
	publicURL string
	projectID string
	keys      [][sha256.Size]byte // accepted Authorization headers, hashed
	origins   []string
	clients   []OIDCClient
	amr       []string
	key       func() (signingKey, error) // the project's
	generate  func() (*rsa.PrivateKey, error)

	clock      clock
	faults     faults
	journal    journal
	tokens     tokens
	users      users
	processes  processes
	ceremonies ceremonies
	used       usedData
	grants     grants
	rp         relyingParty
	cdn        map[string]cdnFile

	frontend, backend, oidc, controls *http.ServeMux
}

// New returns an emulator of the project that cfg describes, with no users.
func New(cfg Config) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.RPName == "" {
		cfg.RPName = cfg.RPID
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.NewKey == nil {
		cfg.NewKey = func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }
	}
	if cfg.AMR == nil {
		cfg.AMR = []string{"pop", "hwk", "mfa"}
	}
	rp, err := newRelyingParty(cfg.RPID, cfg.RPName, cfg.RPOrigins)
	if err != nil {
		return nil, err
	}
	cdn, err := readCDN(cfg.CDN)
	if err != nil {
		return nil, err
	}
	s := &Server{
		publicURL: strings.TrimSuffix(cfg.PublicURL, "/"),
		projectID: cfg.ProjectID,
		keys:      authorizations(cfg),
		origins:   slices.Clone(cfg.RPOrigins),
		clients:   slices.Clone(cfg.OIDCClients),
		amr:       slices.Clone(cfg.AMR),
		key:       projectKey(cfg.NewKey),
		generate:  cfg.NewKey,
		journal:   journal{log: cfg.Log},
		processes: newProcesses(cfg.ProjectID, cfg.APISecret),
		rp:        rp,
		cdn:       cdn,
	}
	s.clock.source = cfg.Now
	s.journal.now = s.clock.now
	s.frontend = s.frontendRoutes()
	s.backend = s.backendRoutes()
	s.oidc = s.oidcRoutes()
	s.controls = s.controlRoutes()
	return s, nil
}

// ServeHTTP answers one request. It panics with [http.ErrAbortHandler], which
// makes net/http drop the connection, when a fault asks for that.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	path := r.URL.Path
	switch {
	case strings.HasPrefix(path, "/__emulator/"):
		s.serveControl(w, r)
	case strings.HasPrefix(path, "/v2/connect/"):
		s.serveFrontend(w, r)
	case strings.HasPrefix(path, oidcPath), path == discoveryPath, path == jwksPath:
		s.serveOIDC(w, r)
	case strings.HasPrefix(path, "/v2/"):
		s.serveBackend(w, r)
	case strings.HasPrefix(path, cdnPath):
		s.serveCDN(w, r)
	default:
		s.refuse(w, time.Now(), notFound(""))
	}
}

// unknown answers the paths that an API does not have.
func (s *Server) unknown(w http.ResponseWriter, _ *http.Request) {
	s.refuse(w, time.Now(), notFound(""))
}

// Advance moves the emulator's clock forward by d, so that tokens, challenges
// and processes expire. Browsers keep their own time.
func (s *Server) Advance(d time.Duration) { s.clock.advance(d) }

// Now is the emulator's time.
func (s *Server) Now() time.Time { return s.clock.now() }

// Reset forgets every user, token, ceremony, sign-in, fault and event. The clock
// keeps its time, the signing key stays, and spent signed data stays spent.
func (s *Server) Reset() {
	s.faults.clear()
	s.tokens.reset()
	s.users.reset()
	s.ceremonies.reset()
	s.grants.reset()
	s.journal.reset()
}
