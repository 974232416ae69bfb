//go:build !race

package resume

const raceDetector = false
