//go:build race

package resume

// raceDetector makes everything slower than it is.
const raceDetector = true
