//go:build !(linux && amd64)

package reliable_test

import "errors"

// The tests that need these are not built here.

func installGate() error       { return errors.ErrUnsupported }
func ownDisk(string) error     { return errors.ErrUnsupported }
func fill(string, int64) error { return errors.ErrUnsupported }
