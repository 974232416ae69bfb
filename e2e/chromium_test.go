package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	process "github.com/passkey-sidecar/passkey-sidecar/e2e/demo"
)

// run is what all tests of a run share.
var run struct {
	dir string // temporary, for the browser's profile

	startBrowser sync.Once
	browser      context.Context
	stopBrowser  func()
	browserErr   error
}

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "passkeys-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		run.dir = dir
		run.stopBrowser = func() {}
		defer func() {
			run.stopBrowser()
			process.Remove()
			_ = os.RemoveAll(dir) // a leftover in the temporary folder harms nobody
		}()
		if err := os.RemoveAll(failures); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// chromium returns the context of the one browser process of the run.
func chromium(t *testing.T) context.Context {
	t.Helper()
	run.startBrowser.Do(func() { run.browserErr = startChromium() })
	if run.browserErr != nil {
		t.Fatal(run.browserErr)
	}
	return run.browser
}

func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("install Debian's chromium: make e2e does it")
}

func startChromium() error {
	path, err := findChromium()
	if err != nil {
		return err
	}
	options := append(
		chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(filepath.Join(run.dir, "profile")),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.WindowSize(desktop.width, desktop.height),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	if os.Getenv("HEADED") != "" { // to look on
		options = append(options, chromedp.Flag("headless", false))
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	run.stopBrowser = func() { stop(); stopAllocator() }
	started := make(chan error, 1)
	go func() { started <- chromedp.Do(ctx) }()
	select {
	case err := <-started:
		if err != nil {
			return fmt.Errorf("start %s: %w", path, err)
		}
	case <-time.After(time.Minute):
		return fmt.Errorf("%s did not start within a minute", path)
	}
	run.browser = ctx
	return nil
}
