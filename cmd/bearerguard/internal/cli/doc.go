// Package cli makes commands of cobra say what is wrong with a command line in the
// words of the command line: it names arguments and flags, and suggests what may
// have been meant.
//
// It knows no command of this program.
package cli
