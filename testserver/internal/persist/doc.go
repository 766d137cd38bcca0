// Package persist keeps what a test authorization server must not lose: its
// state, in one JSON file.
//
// A [File] is opened by one process at a time. It reads nothing that it did not
// write and overwrites nothing that it cannot read: a file that is damaged, of
// another program or of a newer version stays as it is until somebody moves it
// away. A process killed at any moment leaves the old state or the new one.
//
// A [Saver] decides when to write, so that a thousand changes are not a thousand
// writes.
//
// The package knows nothing of OAuth: what the state is made of is for others to
// say.
package persist
