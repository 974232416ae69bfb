// Package assets holds the scripts and style sheets of our own pages, as the program in
// build makes them from src: bundled, minified, named by their content and compressed.
// dist is committed, so the Go build needs nothing else.
package assets

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

//go:generate go run ./build

// FS holds dist: the files, each with a .gz twin, and manifest.json, which maps
// logical names ("append.js") to the names of the files.
//
//go:embed dist
var FS embed.FS

// File is one file of dist.
type File struct {
	// Logical is the name that stays ("append.js"), Name the one that changes
	// with the content.
	Logical string
	Name    string
	Body    []byte
	// Gzip is Body compressed.
	Gzip []byte
}

// Files reads everything that the manifest names, sorted by logical name.
func Files() ([]File, error) {
	raw, err := FS.ReadFile("dist/manifest.json")
	if err != nil {
		return nil, fmt.Errorf("assets: %w", err)
	}
	var names map[string]string
	if err := json.Unmarshal(raw, &names); err != nil {
		return nil, fmt.Errorf("assets: manifest.json: %w", err)
	}
	files := make([]File, 0, len(names))
	for logical, name := range names {
		f := File{Logical: logical, Name: name}
		if f.Body, err = FS.ReadFile("dist/" + name); err != nil {
			return nil, fmt.Errorf("assets: %w", err)
		}
		if f.Gzip, err = FS.ReadFile("dist/" + name + ".gz"); err != nil {
			return nil, fmt.Errorf("assets: %w", err)
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Logical, b.Logical) })
	return files, nil
}
