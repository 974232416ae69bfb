package e2e

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Where pictures are left; git ignores the folder.
const (
	screenshots = "screenshots"
	failures    = screenshots + "/failures"
)

// screen is a window size in CSS pixels.
type screen struct{ width, height int }

var (
	phone   = screen{375, 812}
	desktop = screen{1280, 900}
)

func (tb *tab) shape(s screen) {
	tb.t.Helper()
	call(tb, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: int64(s.width), Height: int64(s.height), DeviceScaleFactor: 1, Mobile: s == phone,
	})
}

// scheme is a value of the media feature prefers-color-scheme.
func (tb *tab) scheme(scheme string) {
	tb.t.Helper()
	call(tb, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
}

// shoot takes the page's picture in both color schemes and widths, and fails
// the test if the page is wider than the window.
func (tb *tab) shoot(name string) {
	tb.t.Helper()
	for _, s := range []screen{phone, desktop} {
		tb.shape(s)
		for _, scheme := range []string{"light", "dark"} {
			tb.scheme(scheme)
			file := filepath.Join(screenshots, fmt.Sprintf("%s-%s-%d.png", name, scheme, s.width))
			picture, err := tb.picture(s)
			tb.must("take a screenshot", err)
			write(tb.t, file, picture)
		}
		if width := get[int](tb, "document.documentElement.scrollWidth"); width > s.width {
			tb.t.Errorf("%s: the page is %d pixels wide in a window of %d", name, width, s.width)
		}
	}
	tb.scheme("light")
	tb.shape(desktop)
}

// picture shows the window, or the whole page where that is longer.
func (tb *tab) picture(s screen) ([]byte, error) {
	metrics, err := chromedp.Call(tb.ctx, page.GetLayoutMetrics, cdp.Empty{})
	if err != nil {
		return nil, err
	}
	beyond := true
	height := math.Max(float64(s.height), metrics.CSSContentSize.Height)
	shot, err := chromedp.Call(tb.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Clip:                  &page.Viewport{Width: float64(s.width), Height: height, Scale: 1},
		CaptureBeyondViewport: &beyond,
	})
	return shot.Data, err
}

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil { //nolint:gosec // G703: names of our own tests
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil { //nolint:gosec // G703: names of our own tests
		t.Fatal(err)
	}
}

// keepEvidence leaves a failed test's last sight of a tab.
func (tb *tab) keepEvidence(number string) {
	tb.t.Helper()
	name := filepath.Join(failures, fileName(tb.t)+"-"+number)
	shot, err := chromedp.Call(tb.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{})
	if err != nil {
		tb.t.Logf("no screenshot: %v", err)
	} else {
		write(tb.t, name+".png", shot.Data)
	}
	var notes strings.Builder
	fmt.Fprintf(&notes, "%s\n\n%s\n", tb.where(), tb.says())
	for _, part := range []struct {
		title string
		lines []string
	}{
		{"Console", tb.seen.list(&tb.seen.console)},
		{"Policy violations", tb.seen.list(&tb.seen.violations)},
		{"Requests", tb.seen.list(&tb.seen.requests)},
	} {
		fmt.Fprintf(&notes, "\n%s\n%s\n", part.title, strings.Join(part.lines, "\n"))
	}
	write(tb.t, name+".txt", []byte(notes.String()))
	tb.t.Logf("what the tab showed: e2e/%s.png and .txt", name)
}

// keepLog leaves the demo's log and output of a failed test.
func keepLog(t *testing.T, logFile, said string) {
	t.Helper()
	logged, err := os.ReadFile(logFile) //nolint:gosec // G304: in the test's own folder
	if err != nil {
		t.Logf("no log of the demo: %v", err)
	}
	write(t, filepath.Join(failures, fileName(t)+"-demo.log"), append([]byte(said+"\n"), logged...))
}
