package jwks

import "time"

// Snapshot returns the set that serves now.
func (r *Remote) Snapshot() (*Set, error) { return r.snapshot(time.Now()) }
