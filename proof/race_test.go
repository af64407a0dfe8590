//go:build race

package proof

// The race detector makes each check some ten times as slow; make unit runs the million without it.
const fewerMutations = 21 // and so each bit of a byte in turn
