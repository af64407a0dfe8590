//go:build race

package plan

// slowness is by how much the race detector slows the reader down.
const slowness = 8
