package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// authority is a certificate authority of this run: two PEM files, for Caddy.
type authority struct{ Certificate, Key string }

// authorityAge is longer than anybody watches a demo.
const authorityAge = 30 * 24 * time.Hour

// newAuthority makes an authority and has this process trust it and no other.
// Go reads what to trust once, from SSL_CERT_FILE, when it is first needed, so
// this must come before the first TLS connection. On macOS and Windows Go asks
// the system instead, whose list the demo will not touch.
func newAuthority(dir string) (*authority, error) {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		return nil, errors.New("--tls works on Linux and BSD only: elsewhere the sidecar would not trust the demo's certificates; leave it out, browsers treat .localhost as secure over http too")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	name := pkix.Name{CommonName: "passkey-sidecar demo, one run"}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: name,
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(authorityAge),
		IsCA: true, BasicConstraintsValid: true, MaxPathLen: 1,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		// Whoever trusts it trusts it for the demo's names only.
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{rpID},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	a := &authority{filepath.Join(dir, "demo-ca.crt"), filepath.Join(dir, "demo-ca.key")}
	if err := writePEM(a.Certificate, "CERTIFICATE", certificate); err != nil {
		return nil, err
	}
	if err := writePEM(a.Key, "PRIVATE KEY", secret); err != nil {
		return nil, err
	}
	return a, os.Setenv("SSL_CERT_FILE", a.Certificate)
}

func writePEM(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
