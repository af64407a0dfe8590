//go:build !race

package office

const slowness = 1
