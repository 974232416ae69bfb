package corbado

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"
)

// cdnPath is where the CDN keeps the components
// (Corbado: Connect, web UI components, CDN).
const cdnPath = "/connect/dist/"

// componentVersion is the version of the published component that stands in for
// "latest"; the CDN offers it under this name too.
const componentVersion = "0.2.4-alpha.0"

type cdnFile struct {
	body []byte
	etag string
}

// throwing is what FaultCDNThrows serves.
var throwing = cdnFile{
	body: []byte(`throw new Error("the Corbado emulator's fault ` + FaultCDNThrows + `");` + "\n"), etag: `"throws"`,
}

// readCDN reads the files at the root of dist, which may be nil.
func readCDN(dist fs.FS) (map[string]cdnFile, error) {
	files := map[string]cdnFile{}
	if dist == nil {
		return files, nil
	}
	entries, err := fs.ReadDir(dist, ".")
	if err != nil {
		return nil, fmt.Errorf("corbado: CDN: %w", err)
	}
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			continue
		}
		body, err := fs.ReadFile(dist, entry.Name())
		if err != nil {
			return nil, fmt.Errorf("corbado: CDN: %w", err)
		}
		sum := sha256.Sum256(body)
		f := cdnFile{body: body, etag: `"` + hex.EncodeToString(sum[:16]) + `"`}
		files[entry.Name()] = f
		if versioned := strings.Replace(entry.Name(), "-latest.", "-"+componentVersion+".", 1); files[versioned].body == nil {
			files[versioned] = f
		}
	}
	return files, nil
}

// serveCDN answers for the component's files, to any page: that is what a CDN
// is for.
func (s *Server) serveCDN(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	if !s.meetFaults(w, r, groupCDN) {
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.refuse(w, time.Now(), &apiError{status: http.StatusMethodNotAllowed, kind: errMethodNotAllowed})
		return
	}
	name := strings.TrimPrefix(r.URL.Path, cdnPath)
	f, ok := s.cdn[name]
	if !ok {
		s.refuse(w, time.Now(), notFound(""))
		return
	}
	caching := "public, max-age=0, must-revalidate" // so that a rebuilt demo shows at once
	if strings.Contains(name, "-"+componentVersion+".") {
		caching = "public, max-age=31536000, immutable"
	}
	if strings.HasSuffix(name, ".js") && s.faults.take(FaultCDNThrows) {
		s.journal.record(r.Context(), "fault_met", detail{"fault", FaultCDNThrows}, detail{"path", r.URL.Path})
		f, caching = throwing, "no-store"
	}
	w.Header().Set("Cache-Control", caching)
	w.Header().Set("Etag", f.etag)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(f.body))
}
