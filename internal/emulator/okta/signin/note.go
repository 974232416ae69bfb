package signin

import "regexp"

// noteStyle keeps the note out of the page's layout and off its clicks, and the
// page's styles out of the note.
const noteStyle = "#okta-emulator-note{all:initial;position:fixed;left:50%;bottom:.5rem;transform:translateX(-50%);z-index:2147483647;" +
	"pointer-events:none;box-sizing:border-box;max-width:calc(100% - 1rem);padding:.2rem .75rem;border-radius:1rem;white-space:nowrap;" +
	"font:600 12px/1.4 system-ui,sans-serif;background:#453a10;color:#ffe9a3;border:1px solid #ffe9a3}" +
	"@media print{#okta-emulator-note{display:none}}"

var bodyEnd = regexp.MustCompile(`(?i)</body\s*>`)

// withNote adds what the emulator's own pages say at their top to a page of the
// operator's: what it is, before the end of the body, or at the end of a page
// without one.
func withNote(body, nonce string) string {
	note := `<style nonce="` + nonce + `">` + noteStyle + `</style><p id="okta-emulator-note" role="note" lang="en">Okta emulator &ndash; demo only</p>` + "\n"
	ends := bodyEnd.FindAllStringIndex(body, -1)
	if len(ends) == 0 {
		return body + note
	}
	at := ends[len(ends)-1][0]
	return body[:at] + note + body[at:]
}
