package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"
)

func TestFilesAreWhatTheirNamesSay(t *testing.T) {
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		sum := sha256.Sum256(f.Body)
		if !strings.Contains(f.Name, "-"+hex.EncodeToString(sum[:5])+".") {
			t.Errorf("%s does not carry the hash of its content", f.Name)
		}
		z, err := gzip.NewReader(bytes.NewReader(f.Gzip))
		if err != nil {
			t.Fatalf("%s.gz: %v", f.Name, err)
		}
		unpacked, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(unpacked, f.Body) {
			t.Errorf("%s.gz holds something else (%v)", f.Name, err)
		}
	}
	listed, err := FS.ReadDir("dist")
	if err != nil {
		t.Fatal(err)
	}
	if want := 2*len(files) + 1; len(files) == 0 || len(listed) != want {
		t.Errorf("dist holds %d files, the manifest accounts for %d", len(listed), want)
	}
}
