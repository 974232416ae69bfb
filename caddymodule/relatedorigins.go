package caddymodule

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/answer"
	"github.com/passkey-sidecar/passkey-sidecar/internal/origin"
)

// relatedOriginsAge is how long caches may keep the list. Browsers ask for it at
// a ceremony on one of the listed origins only.
const relatedOriginsAge = 24 * time.Hour

// relatedOriginsDocument writes the list as browsers read it (Web Authentication
// Level 3, section 5.11), nil for an empty one.
func relatedOriginsDocument(rv resolver, setting []string) ([]byte, error) {
	raw, err := rv.texts("related_origins", setting)
	if err != nil || len(raw) == 0 {
		return nil, err
	}
	var doc struct {
		Origins []string `json:"origins"`
	}
	seen := make(map[origin.Origin]bool)
	for _, one := range raw {
		o, err := origin.Parse(one)
		if err != nil {
			return nil, fmt.Errorf("related_origins: %w", err)
		}
		if seen[o] {
			return nil, fmt.Errorf("related_origins names %s twice", o)
		}
		seen[o] = true
		doc.Origins = append(doc.Origins, o.String())
	}
	return json.Marshal(doc)
}

// serveRelatedOrigins answers GET /.well-known/webauthn, for anybody: a browser
// asks without cookies.
func (p *Passkeys) serveRelatedOrigins(w http.ResponseWriter, r *http.Request) error {
	answer.Document(w, r, p.related, relatedOriginsAge)
	return nil
}
