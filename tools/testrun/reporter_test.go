package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRunnerOnRealNodeTests runs `node --test` on small files that each fail in another way.
func TestRunnerOnRealNodeTests(t *testing.T) {
	t.Parallel()
	_, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node; make test sees to it")
	}
	reporter, err := filepath.Abs("reporter.mjs")
	if err != nil {
		t.Fatal(err)
	}
	const head = "import { after, describe, test } from 'node:test';\n"
	cases := []struct {
		name  string
		text  string
		want  tally
		shows []string
		hides []string
	}{
		{
			name: "leaves count, what holds them does not",
			text: "test('a', async (t) => { console.log('noise'); await t.test('b', () => {}); await t.test('c', () => {}) });\n" +
				"describe('s', () => { test('d', () => {}); test('e', { skip: true }, () => {}); test('f', { todo: 'later' }, () => { throw 1 }) });\n",
			want:  tally{passed: 3, skipped: 2},
			shows: []string{"ok    a.test.mjs", "\n3 passed, 0 failed, 2 skipped\n"},
			hides: []string{"noise"},
		},
		{
			name:  "a test fails within another",
			text:  "test('a', async (t) => { await t.test('b', () => { throw new Error('loud words') }) });\ntest('c', () => {});\n",
			want:  tally{passed: 1, failed: 1},
			shows: []string{"loud words", "race: a.test.mjs a/b\n"},
		},
		{
			name:  "a test fails after those within it passed",
			text:  "test('a', async (t) => { await t.test('b', () => {}); throw new Error('loud words') });\n",
			want:  tally{passed: 1, failed: 1},
			shows: []string{"loud words", "race: a.test.mjs a\n"},
		},
		{
			name: "two tests of one name, and a slash in a name",
			text: "test('a', () => {});\ntest('a', () => { throw 1 });\ntest('a/b', () => {});\n",
			want: tally{passed: 2, failed: 1}, shows: []string{"race: a.test.mjs a#01\n"},
		},
		{name: "the file does not parse", text: "test('a', () => {;\n", want: tally{failed: 1}, shows: []string{"SyntaxError"}},
		{name: "the file throws", text: "throw new Error('loud words');\n", want: tally{failed: 1}, shows: []string{"loud words"}},
		{
			name: "the file ends with a status after its tests passed",
			text: "test('a', () => {});\nafter(() => { process.exitCode = 3 });\n",
			want: tally{passed: 1, failed: 1},
		},
		{name: "the process is killed", text: "test('a', () => { process.kill(process.pid, 'SIGKILL') });\n", want: tally{failed: 1}},
		{name: "a test never ends", text: "test('a', () => new Promise(() => {}));\n", want: tally{failed: 1}, shows: []string{"race: a.test.mjs a"}},
		{name: "no test", text: "console.log('noise');\n", want: tally{failed: 1}, shows: []string{"no test in this file"}},
		{name: "only a group without tests", text: "describe('s', () => {});\n", want: tally{skipped: 1}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "a.test.mjs"), []byte(head+tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			r := newRunner(dir, &out)
			r.stage(t.Context(), stage{name: "race", kind: counted, argv: []string{"node", "--test", "--test-reporter=" + reporter, "a.test.mjs"}})
			if code := r.close(); (code == 0) != (tc.want.failed == 0 && tc.want.passed > 0) {
				t.Errorf("exit status %d", code)
			}
			if r.sum != tc.want {
				t.Errorf("counted %v, want %v", r.sum, tc.want)
			}
			for _, text := range tc.shows {
				if !strings.Contains(out.String(), text) {
					t.Errorf("the output lacks %q", text)
				}
			}
			for _, text := range tc.hides {
				if strings.Contains(out.String(), text) {
					t.Errorf("the output has %q", text)
				}
			}
			if t.Failed() {
				t.Log("output:\n" + out.String())
			}
		})
	}
}
