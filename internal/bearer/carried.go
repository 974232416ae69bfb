package bearer

import (
	"net/http"
	"strings"
)

// Carried reports whether a request claims to carry a bearer token (RFC 6750 section
// 2.1), however badly. Other schemes are none of our business. Where several
// Authorization fields came, one is enough: the app might read any.
func Carried(header http.Header) bool {
	for _, line := range header["Authorization"] {
		scheme, _, _ := strings.Cut(strings.TrimLeft(line, " \t"), " ")
		// Whatever stands where the space should: "Bearer", "Bearer\ttoken".
		if scheme, _, _ = strings.Cut(scheme, "\t"); strings.EqualFold(scheme, "bearer") {
			return true
		}
	}
	return false
}
