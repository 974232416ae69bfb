package e2e

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
)

// TestPictureOfTheReadme takes the picture that the README shows: the offer and
// the list, side by side. It goes to screenshots/, or into the folder that
// README_PICTURES names: make pictures.
func TestPictureOfTheReadme(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("README_PICTURES")
	if folder == "" {
		folder = screenshots
	}
	_, tb := newPerson(t, startDemo(t))
	tb.open("/orders")
	tb.signIn(alice)
	tb.on("/passkeys/append")
	tb.see("Activate passkey")
	offer := tb.sheets()
	tb.press("Activate passkey")
	tb.press("Continue")
	tb.on("/orders")
	tb.open("/passkeys/")
	tb.items(1)
	list := tb.sheets()
	tb.open("about:blank")
	for i, table := range []string{"#dde3ea", "#05070a"} {
		write(t, filepath.Join(folder, []string{"pages-light.webp", "pages-dark.webp"}[i]), tb.sideBySide(table, offer[i], list[i]))
	}
}

// sheet is the window in which a page is pictured for the README, and table the
// space around two of them, in CSS pixels.
var sheet = screen{520, 700}

const table = 24

// sheets are pictures of the page in the light and in the dark scheme.
func (tb *tab) sheets() (pictures [2]string) {
	tb.t.Helper()
	tb.frame(sheet)
	for i, scheme := range []string{"light", "dark"} {
		tb.scheme(scheme)
		picture := call(tb, page.CaptureScreenshot, page.CaptureScreenshotParams{}).Data
		pictures[i] = "data:image/png;base64," + base64.StdEncoding.EncodeToString(picture)
	}
	tb.scheme("light")
	tb.shape(desktop)
	return pictures
}

// sideBySide lays two sheets on a table of a color.
func (tb *tab) sideBySide(color, left, right string) []byte {
	tb.t.Helper()
	tb.frame(screen{2*sheet.width + 3*table, sheet.height + 2*table})
	get[bool](tb, fmt.Sprintf(`(document.body.innerHTML = %q, true)`, strings.NewReplacer("COLOR", color, "LEFT", left, "RIGHT", right,
		"TABLE", fmt.Sprintf("%dpx", table), "WIDTH", fmt.Sprintf("%dpx", sheet.width)).Replace(
		`<style>body { margin: 0; padding: TABLE; display: flex; gap: TABLE; background: COLOR } img { width: WIDTH; border-radius: 10px }</style>
		<img src="LEFT"><img src="RIGHT">`)))
	tb.until("the sheets to be drawn", "[...document.images].every((one) => one.complete && one.naturalWidth > 0)")
	return call(tb, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatWebp, Quality: new(int64(80)),
	}).Data
}

// frame gives the window a size, at the resolution of good screens.
func (tb *tab) frame(s screen) {
	tb.t.Helper()
	call(tb, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: int64(s.width), Height: int64(s.height), DeviceScaleFactor: 2,
	})
}
