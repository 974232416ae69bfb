package main

import (
	"slices"
	"strings"
	"testing"
)

func TestChooseAddsWhatAStageNeeds(t *testing.T) {
	t.Parallel()
	chosen, err := choose(stages(), []string{"e2e", "lint"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range chosen {
		got = append(got, s.name)
	}
	if want := []string{"linter", "lint", "browser", "e2e"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestChooseRefusesUnknownWord(t *testing.T) {
	t.Parallel()
	if _, err := choose(stages(), []string{"lint", "typo"}); err == nil || !strings.Contains(err.Error(), `"typo"`) {
		t.Errorf("got error %v, want one that names the unknown word", err)
	}
}

func TestStagesAreSound(t *testing.T) {
	t.Parallel()
	seen := make(map[string]kind)
	for _, s := range stages() {
		if _, twice := seen[s.name]; twice {
			t.Errorf("two stages are named %q", s.name)
		}
		for _, need := range s.needs {
			if k, ok := seen[need]; !ok || k != setup {
				t.Errorf("%s needs %q, which is no setup stage before it", s.name, need)
			}
		}
		if s.kind == goTest && !slices.Contains(s.argv, "-json") {
			t.Errorf("%s is counted test by test but runs without -json", s.name)
		}
		seen[s.name] = s.kind
	}
}
