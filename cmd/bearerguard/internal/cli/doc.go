// Package cli makes cobra commands report faults of the command line in plain
// words. The messages name arguments and flags, and suggest corrections.
//
// This package contains nothing that is specific to the commands of this
// program.
package cli
