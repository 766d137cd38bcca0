//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package persist

import "io"

type none struct{}

func (none) Close() error { return nil }

// lock does nothing. Without flock(2), it would have to create a lock file,
// which would keep the state file locked after a crash.
func lock(string) (io.Closer, error) { return none{}, nil }

// syncDir does nothing, because directories cannot be synced on these systems.
func syncDir(string) error { return nil }
