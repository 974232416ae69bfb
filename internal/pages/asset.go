package pages

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/assets"
	"github.com/passkey-sidecar/passkey-sidecar/internal/problem"
	"github.com/passkey-sidecar/passkey-sidecar/internal/route"
)

// brandStyle is the logical name of the style sheet made from the configuration.
const brandStyle = "brand.css"

// asset is a file that never changes under its name.
type asset struct {
	kind string
	body []byte
	// packed is body after gzip.
	packed []byte
	// tag is the entity tag without quotes.
	tag string
}

// assetSet knows every asset there is, so that a request's path is looked up
// and never opened.
type assetSet struct {
	// names maps logical names ("page.css") to hashed ones.
	names map[string]string
	files map[string]asset
}

func loadAssets(brand []byte) (assetSet, error) {
	files, err := assets.Files()
	if err != nil {
		return assetSet{}, err
	}
	set := assetSet{names: make(map[string]string), files: make(map[string]asset)}
	for _, f := range files {
		if err := set.add(f); err != nil {
			return assetSet{}, err
		}
	}
	sum := sha256.Sum256(brand)
	made := assets.File{Logical: brandStyle, Name: "brand-" + hex.EncodeToString(sum[:5]) + ".css", Body: brand}
	if made.Gzip, err = pack(brand); err != nil {
		return assetSet{}, err
	}
	return set, set.add(made)
}

func (set assetSet) add(f assets.File) error {
	kind, known := map[string]string{
		".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	}[path.Ext(f.Name)]
	if !known {
		return fmt.Errorf("asset %s has no known type", f.Name)
	}
	sum := sha256.Sum256(f.Body)
	set.names[f.Logical] = f.Name
	set.files[f.Name] = asset{kind: kind, body: f.Body, packed: f.Gzip, tag: hex.EncodeToString(sum[:8])}
	return nil
}

func pack(body []byte) ([]byte, error) {
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(body); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

// assetPath is the path of an asset by its logical name.
func (p *Pages) assetPath(logical string) string {
	return p.base + route.Assets + p.assets.names[logical]
}

// Asset serves scripts and style sheets: GET <base>/assets/*. A name stands for
// one content for ever, so browsers never ask twice.
func (p *Pages) Asset(w http.ResponseWriter, r *http.Request) error {
	name, _ := strings.CutPrefix(r.URL.Path, p.base+route.Assets)
	file, found := p.assets.files[name]
	if !found {
		return &problem.Problem{
			Status: http.StatusNotFound, Code: "not_found", Title: "There is no such page",
			Detail: "Nothing is at this address.", Ways: []problem.Way{{Label: "Go to the start page", Href: "/"}},
		}
	}
	return file.serve(w, r, "public, max-age=31536000, immutable")
}

// SessionScript serves the script that apps may include: GET <base>/session.js.
// Its name stays, so browsers ask each time whether it has changed.
func (p *Pages) SessionScript(w http.ResponseWriter, r *http.Request) error {
	return p.assets.files[p.assets.names["session.js"]].serve(w, r, "no-cache")
}

func (file asset) serve(w http.ResponseWriter, r *http.Request, caching string) error {
	h := w.Header()
	h.Set("Cache-Control", caching)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept-Encoding")
	body, tag := file.body, `"`+file.tag+`"`
	if acceptsGzip(r) {
		body, tag = file.packed, `"`+file.tag+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", tag)
	if holds(r.Header.Get("If-None-Match"), tag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", file.kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body)
	return err
}

// acceptsGzip reads Accept-Encoding (RFC 9110 section 12.5.3) as far as gzip is
// concerned.
func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		_, q, weighted := strings.Cut(strings.ReplaceAll(weight, " ", ""), "q=")
		value, err := strconv.ParseFloat(q, 64)
		return !weighted || err == nil && value > 0
	}
	return false
}

// holds reports whether an If-None-Match header names the tag (RFC 9110 section
// 13.1.2, weak comparison).
func holds(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}
