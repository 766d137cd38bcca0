//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package persist

import "io"

type none struct{}

func (none) Close() error { return nil }

// lock does nothing, because these systems have no flock(2). The mere existence
// of a lock file cannot replace flock, because the state file would then stay
// locked after a crash.
func lock(string) (io.Closer, error) { return none{}, nil }

// syncDir does nothing, because some of these systems, such as Windows, cannot
// sync directories.
func syncDir(string) error { return nil }
