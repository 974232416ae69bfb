package abuse

import (
	"os"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/e2e/demo"
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		defer demo.Remove()
		return m.Run()
	}())
}
