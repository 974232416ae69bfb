package main

import (
	"math"
	"slices"
	"testing"
)

func TestSpreadOf(t *testing.T) {
	for name, tc := range map[string]struct {
		values []float64
		want   spread
	}{
		"one":        {[]float64{7}, spread{1, 7, 7, 7}},
		"two":        {[]float64{3, 1}, spread{2, 1.5, 2, 2.5}},
		"odd":        {[]float64{5, 1, 4, 2, 3}, spread{5, 2, 3, 4}},
		"even":       {[]float64{4, 1, 3, 2}, spread{4, 1.75, 2.5, 3.25}},
		"an outlier": {[]float64{1, 1, 1, 1, 1e9}, spread{5, 1, 1, 1}},
	} {
		if got := spreadOf(tc.values); got != tc.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tc.want)
		}
	}
	if got := spreadOf(nil); got.N != 0 || !math.IsNaN(got.Median) {
		t.Errorf("no values: got %+v", got)
	}
}

func TestSpreadOfLeavesTheOrder(t *testing.T) {
	values := []float64{3, 1, 2}
	spreadOf(values)
	if !slices.Equal(values, []float64{3, 1, 2}) {
		t.Errorf("got %v: rounds would no longer be pairs", values)
	}
}

func TestPairwise(t *testing.T) {
	if got := pairwise([]float64{2, 9, 5}, []float64{1, 3}, ratio); !slices.Equal(got, []float64{2, 3}) {
		t.Errorf("got %v", got)
	}
	if got := pairwise([]float64{2}, []float64{5}, difference); !slices.Equal(got, []float64{-3}) {
		t.Errorf("got %v", got)
	}
}
