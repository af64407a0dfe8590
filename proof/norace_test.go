//go:build !race

package proof

const fewerMutations = 1
