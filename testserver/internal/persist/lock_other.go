//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package persist

import "io"

type none struct{}

func (none) Close() error { return nil }

// lock does nothing: a lock that outlives a killed process would be worse.
func lock(string) (io.Closer, error) { return none{}, nil }

// syncDir does nothing: directories cannot be flushed here.
func syncDir(string) error { return nil }
