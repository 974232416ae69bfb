package signinpage

import (
	"encoding/json"
	"html"
	"regexp"
	"strings"
)

// Published is what a page that somebody published says of itself.
type Published struct {
	// ProjectID, IDPID and AppIDs are as in Config.
	ProjectID, IDPID string
	AppIDs           []string
	// Current reports whether its script is the one of this program.
	Current bool
}

var dataSettings = regexp.MustCompile(`<section id="passkeys-signin"[^>]*\bdata-settings="([^"]*)"`)

// Inspect reads a page as Okta serves it. It reports false for a page that is not one
// of ours.
func Inspect(page string) (Published, bool) {
	m := dataSettings.FindStringSubmatch(page)
	if m == nil {
		return Published{}, false
	}
	var s settings
	if json.Unmarshal([]byte(html.UnescapeString(m[1])), &s) != nil {
		return Published{}, false
	}
	return Published{ProjectID: s.ProjectID, IDPID: s.IDPID, AppIDs: s.AppIDs, Current: strings.Contains(page, script)}, true
}
