// Package reliable shows that what was acknowledged stays: its tests kill the program, tear its files, fill its disk, fail its system
// calls, turn its clock and tamper with its record, and look at what is there afterwards. It holds nothing but tests.
package reliable
