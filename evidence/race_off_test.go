//go:build !race

package evidence

// slowness is by how much the race detector slows the comparing of pictures down. Tests of many pictures take fewer by it.
const slowness = 1
