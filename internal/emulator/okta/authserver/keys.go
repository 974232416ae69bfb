package authserver

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"sync"

	"github.com/go-jose/go-jose/v4"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta/org"
)

// keyring holds the RS256 keys of one issuer. Keys are made when first needed,
// since each costs tens of milliseconds and most tests use one issuer.
type keyring struct {
	generate func() (*rsa.PrivateKey, error)

	mu sync.Mutex
	// keys are all keys ever made, the signing key last. Old ones still prove
	// a logout hint after they have left the published set.
	keys []signingKey
}

type signingKey struct {
	id        string
	private   *rsa.PrivateKey
	published bool
}

func newSigningKey(generate func() (*rsa.PrivateKey, error)) (signingKey, error) {
	private, err := generate()
	if err != nil {
		return signingKey{}, err
	}
	return signingKey{id: org.RandomToken(), private: private, published: true}, nil
}

func (k *keyring) current() (signingKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.currentLocked()
}

func (k *keyring) currentLocked() (signingKey, error) {
	if len(k.keys) == 0 {
		key, err := newSigningKey(k.generate)
		if err != nil {
			return signingKey{}, err
		}
		k.keys = append(k.keys, key)
	}
	return k.keys[len(k.keys)-1], nil
}

// rotate makes a new signing key. With overlap the old ones stay published.
func (k *keyring) rotate(overlap bool) error {
	key, err := newSigningKey(k.generate)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, err := k.currentLocked(); err != nil {
		return err
	}
	if !overlap {
		for i := range k.keys {
			k.keys[i].published = false
		}
	}
	k.keys = append(k.keys, key)
	return nil
}

// jwks is the published key set.
func (k *keyring) jwks() (jose.JSONWebKeySet, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, err := k.currentLocked(); err != nil {
		return jose.JSONWebKeySet{}, err
	}
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, key := range k.keys {
		if key.published {
			set.Keys = append(set.Keys, key.jwk())
		}
	}
	return set, nil
}

func (k signingKey) jwk() jose.JSONWebKey {
	return jose.JSONWebKey{Key: &k.private.PublicKey, KeyID: k.id, Algorithm: string(jose.RS256), Use: "sig"}
}

// sign makes a compact JWT with the given header kid.
func (k signingKey) sign(kid string, claims map[string]any) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.RS256,
		Key:       jose.JSONWebKey{Key: k.private, KeyID: kid},
	}, nil)
	if err != nil {
		return "", err
	}
	return signWith(signer, claims)
}

func signWith(signer jose.Signer, claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// Unsigned makes a JWT with alg none (RFC 7519 section 6).
func Unsigned(claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	enc := base64.RawURLEncoding
	return enc.EncodeToString([]byte(`{"alg":"none"}`)) + "." + enc.EncodeToString(payload) + ".", nil
}

// verify returns the payload of a JWT that any key of this ring signed, old
// keys included.
func (k *keyring) verify(raw string) ([]byte, error) {
	signed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range k.keys {
		if payload, err := signed.Verify(&key.private.PublicKey); err == nil {
			return payload, nil
		}
	}
	return nil, errors.New("no key of this issuer signed it")
}

// Verify returns the claims of a token that the issuer signed, with whatever key,
// those that it no longer publishes included. It looks at no claim.
func (i *Issuer) Verify(raw string) ([]byte, error) { return i.keys.verify(raw) }

// Signer says whose key signs, for tests of who looks.
type Signer int

const (
	// ByIssuer is the issuer's own key.
	ByIssuer Signer = iota
	// ByStranger is another key under the name of the issuer's.
	ByStranger
	// ByUnknown is another key under a name that nobody publishes.
	ByUnknown
)

// Sign makes a token of a type, such as logout+jwt, of the issuer's.
func (i *Issuer) Sign(by Signer, typ string, claims map[string]any) (string, error) {
	key, err := i.keys.current()
	if err != nil {
		return "", err
	}
	kid := key.id
	if by != ByIssuer {
		if key, err = newSigningKey(i.keys.generate); err != nil {
			return "", err
		}
		if by == ByUnknown {
			kid = key.id
		}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key.private, KeyID: kid}},
		(&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		return "", err
	}
	return signWith(signer, claims)
}

// RotateKeys gives every issuer a new signing key. With overlap the old keys
// stay published, as in a planned rotation; without, tokens signed before fail
// from now on, as in an emergency.
func (s *Servers) RotateKeys(overlap bool) error {
	for _, iss := range s.issuers {
		if err := iss.keys.rotate(overlap); err != nil {
			return err
		}
	}
	detail := "without overlap"
	if overlap {
		detail = "with overlap"
	}
	s.org.Note(org.Event{Name: org.EventKeysRotated, Detail: detail})
	return nil
}

// serveKeys is the issuer's jwks_uri.
func (s *Servers) serveKeys(iss *Issuer) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		set, err := iss.keys.jwks()
		if err != nil {
			s.org.InternalError(w, err)
			return
		}
		s.org.Note(org.Event{Name: org.EventKeysServed, Issuer: iss.URL})
		// Okta's key sets are cacheable for weeks; a client that trusts this
		// alone misses a rotation.
		w.Header().Set("Cache-Control", "max-age=5184000, must-revalidate")
		org.WriteJSON(w, http.StatusOK, set)
	}
}
