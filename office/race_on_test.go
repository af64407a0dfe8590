//go:build race

package office

// slowness is by how much the race detector slows the readers down. Tests of size and time shrink their files and limits by it.
const slowness = 16
