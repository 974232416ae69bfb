package sharedstate

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/passkey-sidecar/passkey-sidecar/internal/secret"
)

func TestAddress(t *testing.T) {
	type want struct {
		Addrs          []string
		User, Password string
		DB             int
		TLS            bool
	}
	for url, w := range map[string]want{
		"redis://redis":                       {Addrs: []string{"redis:6379"}},
		"redis://10.0.0.1:6380/3":             {Addrs: []string{"10.0.0.1:6380"}, DB: 3},
		"redis://[::1]":                       {Addrs: []string{"[::1]:6379"}},
		"redis://[::1]:6380/":                 {Addrs: []string{"[::1]:6380"}},
		"rediss://app@redis:6379":             {Addrs: []string{"redis:6379"}, User: "app", TLS: true},
		"rediss://app:p%40ss%2Fw@redis:6379/": {Addrs: []string{"redis:6379"}, User: "app", Password: "p@ss/w", TLS: true},
		"redis://:p@ss@redis":                 {Addrs: []string{"redis:6379"}, Password: "p@ss"},
	} {
		o, err := Address{URL: url}.options(time.Second)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if diff := cmp.Diff(w, want{o.Addrs, o.Username, o.Password, o.DB, o.TLSConfig != nil}); diff != "" {
			t.Errorf("%s: %s", url, diff)
		}
	}
	o, err := Address{URL: "redis://a,b:1,[::1]", Sentinel: "main", Password: secret.New("p")}.options(time.Second)
	if err != nil || cmp.Diff([]string{"a:26379", "b:1", "[::1]:26379"}, o.Addrs) != "" || o.MasterName != "main" || o.Password != "p" {
		t.Errorf("Sentinel: %+v, %v", o, err)
	}
}

// Errors go to terminals, logs and tickets.
func TestBadAddressIsRefusedWithoutShowingIt(t *testing.T) {
	const pass = "hunter2"
	for name, a := range map[string]Address{
		"empty": {}, "no scheme": {URL: "app:" + pass + "@redis:6379"}, "http": {URL: "http://app:" + pass + "@redis"},
		"no host": {URL: "redis://app:" + pass + "@"}, "bad port": {URL: "redis://app:" + pass + "@redis:http"}, "port 0": {URL: "redis://:" + pass + "@redis:0"},
		"bad database": {URL: "redis://app:" + pass + "@redis/one"}, "negative database": {URL: "redis://:" + pass + "@redis/-1"},
		"bad escape":           {URL: "redis://app:" + pass + "%zz@redis"},
		"slash in password":    {URL: "redis://app:/" + pass + "@redis"},
		"query":                {URL: "redis://redis?password=" + pass},
		"two plain hosts":      {URL: "redis://app:" + pass + "@a,b"},
		"Sentinel and Cluster": {URL: "redis://:" + pass + "@a,b", Sentinel: "main", Cluster: true},
		"Cluster's database":   {URL: "redis://:" + pass + "@a,b/1", Cluster: true},
		"CA without TLS":       {URL: "redis://:" + pass + "@a", CA: []byte("x")},
		"no certificate":       {URL: "rediss://:" + pass + "@a", CA: []byte(pass)},
	} {
		if err := a.Check(); err == nil || strings.Contains(err.Error(), pass) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for url, want := range map[string]bool{
		"redis://redis:6379": false, "redis://app@redis:6379": false, "redis://app:p@redis": true, "redis://:p@redis:1/2": true, "redis://redis": false,
	} {
		if HasPassword(url) != want {
			t.Errorf("HasPassword(%s) is %v", url, !want)
		}
	}
}
