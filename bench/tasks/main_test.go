package main

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"testing"
)

// Figures are comparable only over the same bytes: this is the file that all
// published ones were measured on.
func TestSameBytes(t *testing.T) {
	hash := sha256.New()
	w := bufio.NewWriter(hash)
	write(w, 100000)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	const want = "de91469b45ecb69fd262984a9a02f91e9d4d5879701492d92ef70d71d233b2f7"
	if got := fmt.Sprintf("%x", hash.Sum(nil)); got != want {
		t.Errorf("sha256 = %s, want %s", got, want)
	}
}
