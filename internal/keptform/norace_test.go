//go:build !race

package keptform

const raceDetector = false
