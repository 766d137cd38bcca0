// Package persist saves the state of a test authorization server in one JSON
// file.
//
// A [File] is opened by one process at a time. It accepts only files that it
// wrote, and never overwrites a file that it cannot read: a file that is
// damaged, of another program or of a newer version stays unchanged until the
// user moves it away. If a process is killed, the file has the old state or the
// new one.
//
// A [Saver] decides when to write, so that many changes need only a few writes.
//
// It does not depend on OAuth or on the contents of the state.
package persist
