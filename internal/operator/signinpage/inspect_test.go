package signinpage

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInspectKnowsOurPages(t *testing.T) {
	page, err := Render(Config{IDPID: "0oa1a2b3c4d5e6f7g8h9", IDPName: `Corbado "test" <1>`, ProjectID: "pro-1", AppIDs: []string{"0oa9a2b3c4d5e6f7g8h9"}})
	if err != nil {
		t.Fatal(err)
	}
	want := Published{ProjectID: "pro-1", IDPID: "0oa1a2b3c4d5e6f7g8h9", AppIDs: []string{"0oa9a2b3c4d5e6f7g8h9"}, Current: true}
	if got, is := Inspect(page); !is || cmp.Diff(want, got) != "" {
		t.Errorf("%v %s", is, cmp.Diff(want, got))
	}
	want.Current = false
	if got, is := Inspect(strings.Replace(page, script[:40], script[:39], 1)); !is || cmp.Diff(want, got) != "" {
		t.Errorf("of another version: %v %s", is, cmp.Diff(want, got))
	}
	for _, other := range []string{"", "<html>", `<section id="passkeys-signin" data-settings="{">`, `<section id="other" data-settings="{}">`} {
		if _, is := Inspect(other); is {
			t.Errorf("%q is taken for ours", other)
		}
	}
}

func FuzzInspect(f *testing.F) {
	for _, seed := range []string{"", `<section id="passkeys-signin" data-settings="{}">`, `<section id="passkeys-signin" data-settings="{&#34;idpId&#34;:&#34;x&#34;}">`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, page string) {
		if got, is := Inspect(page); is && !strings.Contains(page, "data-settings") {
			t.Errorf("%+v", got)
		}
	})
}
