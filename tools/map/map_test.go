package main

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// listed is what go list says of a small house.
const listed = `
{"ImportPath": "github.com/passkey-sidecar/passkey-sidecar/cmd/demo", "Doc": "The demo runs everything.",
 "Imports": ["fmt", "github.com/passkey-sidecar/passkey-sidecar/caddymodule", "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"]}
{"ImportPath": "github.com/passkey-sidecar/passkey-sidecar/caddymodule",
 "Imports": ["github.com/passkey-sidecar/passkey-sidecar/internal/seal", "github.com/passkey-sidecar/passkey-sidecar/internal/session"]}
{"ImportPath": "github.com/passkey-sidecar/passkey-sidecar/internal/session", "Doc": "Package session knows who | what the user is.",
 "Imports": ["github.com/passkey-sidecar/passkey-sidecar/internal/seal"]}
{"ImportPath": "github.com/passkey-sidecar/passkey-sidecar/internal/seal"}
{"ImportPath": "github.com/passkey-sidecar/passkey-sidecar/internal/emulator/okta"}
{"ImportPath": "github.com/passkey-sidecar/passkey-sidecar/internal/logtest", "Imports": ["testing"]}
`

func house(t *testing.T) graph {
	t.Helper()
	g, err := parse(strings.NewReader(listed))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGraphHoldsWhatProgramsAreMadeOf(t *testing.T) {
	want := []string{"caddymodule", "cmd/demo", "internal/emulator/okta", "internal/seal", "internal/session"}
	if got := house(t).names(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v: a room for tests only is left out", got, want)
	}
}

func TestArrowsThatFollowAreLeftOut(t *testing.T) {
	if got := house(t).arrows("caddymodule"); !slices.Equal(got, []string{"internal/session"}) {
		t.Errorf("got %v: internal/seal follows from internal/session", got)
	}
}

func TestTableStandsBetweenItsLines(t *testing.T) {
	g := house(t)
	text := "before\n" + tableBegins + "\nold\n" + tableEnds + "\nafter\n"
	once, err := replaceTable(text, g)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(once, "before\n") || !strings.HasSuffix(once, "\nafter\n") || strings.Contains(once, "old") {
		t.Errorf("got:\n%s", once)
	}
	if want := "| [`internal/session`](internal/session) | Knows who \\| what the user is. |\n"; !strings.Contains(once, want) {
		t.Errorf("got:\n%s\nwant a line %s", once, want)
	}
	if twice, err := replaceTable(once, g); err != nil || twice != once {
		t.Errorf("a second time it is another:\n%s\n%v", twice, err)
	}
	if _, err := replaceTable("no lines", g); err == nil {
		t.Error("a guide without the lines was accepted")
	}
}

func TestPictureCarriesTheGraph(t *testing.T) {
	g := house(t)
	svg := draw(g)
	if got := dataOf(svg); got != g.data() || got == "" {
		t.Errorf("got %q, want %q", got, g.data())
	}
	if draw(house(t)) != svg {
		t.Error("the same graph makes another picture")
	}
	for decoder := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"caddymodule", "session", "cmd/demo"} {
		if !strings.Contains(svg, ">"+name+"</text>") {
			t.Errorf("the picture lacks %s", name)
		}
	}
}

func TestEachLayerKeepsItsGaps(t *testing.T) {
	l := arrange(house(t), func(string) bool { return true }, label)
	for _, layer := range l.layers {
		for i, p := range layer[1:] {
			if p.x < layer[i].x+layer[i].width+gap-.01 {
				t.Errorf("%s at %.0f is too near to %s", p.room, p.x, layer[i].room)
			}
		}
	}
}
