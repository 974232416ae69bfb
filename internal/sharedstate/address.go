package sharedstate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

// Address says where the Redis or Valkey server is and how to sign in there.
type Address struct {
	// URL is redis://[user@]host[:port][,host…][/database], or rediss:// for TLS.
	// Several hosts are Sentinels or seed nodes of a Cluster. A password in it
	// counts where Password is empty.
	URL      string
	Password secret.Value
	// Sentinel is the name that the Sentinels know the primary by; the URL's hosts
	// are then the Sentinels.
	Sentinel         string
	SentinelPassword secret.Value
	// Cluster makes the URL's hosts the seed nodes of a Redis Cluster.
	Cluster bool
	// CA is PEM with the authorities that may sign the server's certificate; empty
	// means the system's.
	CA []byte
}

const (
	defaultPort         = "6379"
	defaultSentinelPort = "26379"
)

// Check tells what is wrong with the address, without showing any of it.
func (a Address) Check() error {
	_, err := a.options(time.Second)
	return err
}

// HasPassword reports whether a password stands in the URL itself.
func HasPassword(rawURL string) bool {
	_, rest, _ := strings.Cut(rawURL, "://")
	login, _, ok := cutLast(hostPart(rest), "@")
	return ok && strings.Contains(login, ":")
}

func hostPart(rest string) string {
	hosts, _, _ := strings.Cut(rest, "/")
	return hosts
}

// cutLast is strings.Cut at the last separator: a password may hold an @.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}

// options reads the URL by hand: net/url knows one host only, and its errors
// quote what they could not read, passwords included.
func (a Address) options(patience time.Duration) (*redis.UniversalOptions, error) {
	o := &redis.UniversalOptions{
		Password: a.Password.Reveal(), MasterName: a.Sentinel, SentinelPassword: a.SentinelPassword.Reveal(), IsClusterMode: a.Cluster,
		DialTimeout: patience, ReadTimeout: patience, WriteTimeout: patience, PoolTimeout: patience, ContextTimeoutEnabled: true,
		// One try: the caller has its own idea of what to do, and whether the server
		// is up again is asked in the background.
		MaxRetries: -1, DialerRetries: 1, PoolSize: 16, PipelinePoolSize: -1,
		Protocol: 2, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	scheme, rest, ok := strings.Cut(a.URL, "://")
	switch {
	case ok && scheme == "redis":
		if len(a.CA) > 0 {
			return nil, errors.New("a certificate authority needs TLS: write rediss://")
		}
	case ok && scheme == "rediss":
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		if len(a.CA) > 0 {
			o.TLSConfig.RootCAs = x509.NewCertPool()
			if !o.TLSConfig.RootCAs.AppendCertsFromPEM(a.CA) {
				return nil, errors.New("the file with the certificate authority holds no certificate in PEM")
			}
		}
	default:
		return nil, errors.New("the address must begin with redis://, or rediss:// for TLS")
	}
	hosts, database, _ := strings.Cut(rest, "/")
	login, hosts, _ := cutLast(hosts, "@")
	var err error
	if err = signIn(o, login); err != nil {
		return nil, err
	}
	if o.Addrs, err = a.hosts(hosts); err != nil {
		return nil, err
	}
	if database != "" {
		if o.DB, err = strconv.Atoi(database); err != nil || o.DB < 0 || a.Cluster && o.DB != 0 {
			return nil, errors.New("what follows the host must be the number of a database; a Cluster has number 0 only")
		}
	}
	return o, nil
}

// signIn takes user and password from the URL.
func signIn(o *redis.UniversalOptions, login string) error {
	user, password, _ := strings.Cut(login, ":")
	var err error
	if o.Username, err = url.PathUnescape(user); err != nil {
		return errors.New("the user in the address is not percent-encoded properly")
	}
	if password, err = url.PathUnescape(password); err != nil {
		return errors.New("the password in the address is not percent-encoded properly")
	}
	if o.Password == "" {
		o.Password = password
	}
	return nil
}

func (a Address) hosts(list string) ([]string, error) {
	port := defaultPort
	if a.Sentinel != "" {
		port = defaultSentinelPort
	}
	var addrs []string
	for host := range strings.SplitSeq(list, ",") {
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(strings.Trim(host, "[]"), port)
		}
		name, port, err := net.SplitHostPort(host)
		if n, bad := strconv.ParseUint(port, 10, 16); err != nil || name == "" || bad != nil || n == 0 || strings.ContainsAny(name, "/?#@ \t") {
			return nil, errors.New("the address needs a host, like redis://redis.example.com:6379")
		}
		addrs = append(addrs, host)
	}
	switch {
	case a.Sentinel != "" && a.Cluster:
		return nil, errors.New("either sentinel or cluster, not both")
	case len(addrs) > 1 && a.Sentinel == "" && !a.Cluster:
		return nil, errors.New("several hosts are either Sentinels or nodes of a Cluster; say which, with sentinel or cluster")
	}
	return addrs, nil
}
