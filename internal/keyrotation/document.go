package keyrotation

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// version is that of the document's layout.
const version = 1

// maxKeys is more than any schedule leads to.
const maxKeys = 64

// document is the list of keys as it stands in the storage, the oldest first.
type document struct {
	Version int
	Keys    []Key
}

// written is the document as JSON.
type written struct {
	Version int          `json:"version"`
	Keys    []writtenKey `json:"keys"`
}

type writtenKey struct {
	ID     string    `json:"id"`
	Secret []byte    `json:"secret"` // base64 in the JSON
	From   time.Time `json:"from"`
}

// parse reads a document. Its errors hold nothing of the text, which is secret.
func parse(raw []byte) (document, error) {
	var w written
	if json.Unmarshal(raw, &w) != nil {
		return document{}, errors.New("not a list of keys; if nothing else can restore it, delete it and everybody signs in anew")
	}
	switch {
	case w.Version > version:
		return document{}, fmt.Errorf("written by a later release (layout %d, this one knows %d)", w.Version, version)
	case w.Version != version || len(w.Keys) == 0 || len(w.Keys) > maxKeys:
		return document{}, errors.New("not a list of keys of a known layout")
	}
	d := document{Version: w.Version}
	for _, k := range w.Keys {
		if k.ID == "" || len(k.Secret) == 0 {
			return document{}, errors.New("a key without id or secret")
		}
		if n := len(d.Keys); n > 0 && k.From.Before(d.Keys[n-1].From) {
			return document{}, errors.New("keys out of order")
		}
		d.Keys = append(d.Keys, Key(k))
	}
	return d, nil
}

func (d document) text() ([]byte, error) {
	w := written{Version: d.Version}
	for _, k := range d.Keys {
		w.Keys = append(w.Keys, writtenKey(k))
	}
	return json.Marshal(w)
}

// ordered returns the keys, the current one first: the latest whose time has
// come.
func (d document) ordered(now time.Time) []Key {
	if len(d.Keys) == 0 {
		return nil
	}
	current := 0
	for i, k := range d.Keys {
		if !k.From.After(now) {
			current = i
		}
	}
	keys := []Key{d.Keys[current]}
	// The coming one next, the oldest last: in the order of likelihood.
	for i, k := range slices.Backward(d.Keys) {
		if i != current {
			keys = append(keys, k)
		}
	}
	return keys
}

func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b[:])
}
