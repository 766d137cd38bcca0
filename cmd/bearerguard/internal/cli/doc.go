// Package cli makes cobra commands report faults of the command line in plain
// words. The messages name arguments and flags, and suggest corrections.
//
// Not in this package: anything about the commands of this program.
package cli
