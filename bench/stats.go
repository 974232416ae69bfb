package main

import (
	"math"
	"slices"
)

// spread is what is told of a series of measurements.
type spread struct {
	N      int     `json:"n"`
	Q1     float64 `json:"q1"`
	Median float64 `json:"median"`
	Q3     float64 `json:"q3"`
}

// spreadOf returns the median and the quartiles, all NaN for no values.
func spreadOf(values []float64) spread {
	sorted := slices.Sorted(slices.Values(values))
	return spread{N: len(values), Q1: quantile(sorted, 0.25), Median: quantile(sorted, 0.5), Q3: quantile(sorted, 0.75)}
}

// quantile interpolates between neighbors, as spreadsheets and R do by default
// (Hyndman and Fan 1996, type 7).
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	below := int(at)
	if below+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[below] + (at-float64(below))*(sorted[below+1]-sorted[below])
}

// pairwise combines the values of each round.
func pairwise(a, b []float64, combine func(a, b float64) float64) []float64 {
	var out []float64
	for i, v := range a[:min(len(a), len(b))] {
		out = append(out, combine(v, b[i]))
	}
	return out
}

func ratio(a, b float64) float64 { return a / b }

func difference(a, b float64) float64 { return a - b }
