//go:build !linux && !windows

package main

import "os"

// terminalWidth is unknown here.
func terminalWidth(*os.File) int { return 0 }

// hideTyping cannot hide here; passwords come from a pipe or are generated.
func hideTyping(*os.File) (undo func(), ok bool) { return nil, false }
