package as

import "sync"

// gate is a lock that tells of changes, so that no place which makes one has to:
// whoever has held it for writing is taken to have written.
type gate struct {
	sync.RWMutex
	changed func() // nil if nobody wants to know
}

// Unlock ends a hold for writing.
func (g *gate) Unlock() {
	g.RWMutex.Unlock()
	if g.changed != nil {
		g.changed()
	}
}
