// Package replaytest tests implementations of [dpop.Replay], such as a store
// that several machines share.
//
//	func TestStore(t *testing.T) {
//		replaytest.Run(t, func(t *testing.T) dpop.Replay {
//			return store.New(t.Context(), address)
//		})
//	}
//
// Each failure explains what the store did, and what this would mean for an
// API.
//
// The suite needs about three seconds of real time. It stores some thousand
// replay entries, which last for an hour at most. Keys are random, so the suite
// can test a store that is in use. If the store uses its own clock, this clock
// may be ahead by up to 0.2 seconds. Run the suite with -race as well.
//
// The suite does not find every fault. For example, it does not notice that a
// store deletes entries after a minute, although they are needed for longer. It
// does not notice that a store never deletes entries. It also does not notice
// that a store loses entries in a restart, when another node takes over, or
// when its memory is full.
package replaytest
