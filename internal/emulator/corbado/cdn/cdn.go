// Package cdn holds the files that stand in for Corbado's CDN: the Corbado
// Connect script and its style sheet, bundled from the packages that Corbado
// publishes. README.md says how they differ from the vendor's own files and how
// they are built; nothing here runs Node.
package cdn

import (
	"embed"
	"io/fs"
)

// Names of the files in [FS]. Corbado serves the first two below /connect/dist/.
const (
	Script   = "web-js-latest.min.js"
	Style    = "web-js-latest.min.css"
	Licences = "web-js.LICENSES.txt"
)

// Version is the version of @corbado/connect-react in the bundle. Corbado's CDN
// has each release under web-js-<version>.min.js and .min.css as well.
const Version = "0.2.4-alpha.0"

//go:embed dist
var dist embed.FS

// FS holds [Script], [Style] and [Licences] at its root.
func FS() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // only an invalid path fails, and this one is a valid constant
	}
	return files
}
