package jwks

import "time"

// Snapshot returns the current set.
func (r *Remote) Snapshot() (*Set, error) { return r.snapshot(time.Now()) }
