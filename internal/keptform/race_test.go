//go:build race

package keptform

// raceDetector makes everything slower than it is.
const raceDetector = true
