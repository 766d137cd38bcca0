// Package persist saves the state of a test authorization server in one JSON
// file.
//
// On systems with flock(2), a [File] can be open in only one process at a time.
// Package persist accepts only files that it wrote. It never overwrites a file
// that is damaged, belongs to another program or was written by a newer
// release: the user must move that file away. If a process is killed while it
// saves, the file contains either the old state or the new state.
//
// A [Saver] decides when to write, so that many changes need only a few writes.
//
// Package persist does not depend on OAuth or on the contents of the state.
package persist
