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
	if want := []string{"linter", "node", "widget", "lint", "browser", "e2e"}; !slices.Equal(got, want) {
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
		if s.kind == counted && !slices.Contains(s.argv, "-json") && !strings.Contains(strings.Join(s.argv, " "), "reporter.mjs") {
			t.Errorf("%s is counted test by test but runs without -json or the reporter", s.name)
		}
		seen[s.name] = s.kind
	}
}
