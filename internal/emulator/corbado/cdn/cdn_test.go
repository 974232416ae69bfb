package cdn_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/passkey-sidecar/passkey-sidecar/internal/emulator/corbado/cdn"
)

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := fs.ReadFile(cdn.FS(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestFilesHoldWhatTheyPromise(t *testing.T) {
	tests := []struct {
		file string
		want []string
	}{
		{cdn.Script, []string{
			"window.Corbado=",
			"mountCorbadoConnectAppend", "unmountCorbadoConnectAppend",
			"mountCorbadoConnectPasskeyList", "unmountCorbadoConnectPasskeyList",
			"mountCorbadoConnectLogin", "unmountCorbadoConnectLogin",
			"__fpjs_d_m=!0",
			".val.signedPasskeyData)", "clientEnvHandle",
			"@corbado/connect-react " + cdn.Version,
			"@corbado/web-core 2.18.0",
			cdn.Licences,
		}},
		{cdn.Style, []string{".light{", ".cb-primary-button", ".cb-passkey-list-item", ".cb-modal-outer"}},
		{cdn.Licences, []string{"Corbado GmbH", "Facebook", "FingerprintJS", "Apache License", "axios", "date-fns"}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			content := read(t, tt.file)
			for _, want := range tt.want {
				if !strings.Contains(content, want) {
					t.Errorf("%s does not hold %q", tt.file, want)
				}
			}
		})
	}
}

// The patches of the build hold in what is committed.
func TestFilesHoldNothingThatWasPatchedAway(t *testing.T) {
	unwanted := []string{
		"vicroads",
		"fonts.googleapis.com",
		"@import",
		`console.log("passkeylist`,
		`createelement("style")`,
		"eval(",
		"new function(",
		"sourcemappingurl",
		".val.session)",
	}
	for _, file := range []string{cdn.Script, cdn.Style} {
		content := strings.ToLower(read(t, file))
		for _, text := range unwanted {
			if strings.Contains(content, text) {
				t.Errorf("%s holds %q", file, text)
			}
		}
	}
}
