package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// terminalWidth is the width of a terminal in columns, 0 when f is none.
func terminalWidth(f *os.File) int {
	var info windows.ConsoleScreenBufferInfo
	if windows.GetConsoleScreenBufferInfo(windows.Handle(f.Fd()), &info) != nil {
		return 0
	}
	return int(info.Window.Right-info.Window.Left) + 1
}

// hideTyping stops a terminal from showing what is typed and returns how to undo it. ok is false when f is no terminal.
func hideTyping(f *os.File) (undo func(), ok bool) {
	console := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil || windows.SetConsoleMode(console, mode&^windows.ENABLE_ECHO_INPUT) != nil {
		return nil, false
	}
	return func() { _ = windows.SetConsoleMode(console, mode) }, true
}
