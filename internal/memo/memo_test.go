package memo

import (
	"strconv"
	"sync"
	"testing"
)

func TestOnlyTheVeryKeyIsAnswered(t *testing.T) {
	table := New[string, int](func(k string) uint64 { return uint64(len(k)) }) // crowded
	if table.Get("a") != nil {
		t.Error("an empty table answers")
	}
	if table.Put("a", new(1)); *table.Get("a") != 1 {
		t.Error("the value is not remembered")
	}
	if table.Get("b") != nil {
		t.Error("a value is another key's")
	}
	if table.Put("b", new(2)); table.Get("a") != nil || *table.Get("b") != 2 {
		t.Error("the newer value does not replace the older one in its place")
	}
	if table.Put("b", new(3)); *table.Get("b") != 3 {
		t.Error("a newer value of the same key is not taken")
	}
}

func TestManyAtATime(t *testing.T) {
	table := New[int, string](func(k int) uint64 { return uint64(k) }) //nolint:gosec // keys are positive here
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 3 * Size {
				table.Put(i, new(strconv.Itoa(i)))
				if got := table.Get(i / 2); got != nil && *got != strconv.Itoa(i/2) {
					t.Errorf("%d: %s", i/2, *got)
				}
			}
		})
	}
	all.Wait()
}
