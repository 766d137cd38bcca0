// Package cachetest tests implementations of [introspect.Cache], such as a
// store that several instances share.
//
//	func TestStore(t *testing.T) {
//		cachetest.Run(t, func(t *testing.T) introspect.Cache {
//			return store.New(t.Context(), address)
//		})
//	}
//
// The message of a failed test says what the store did, and what this fault
// would mean for an API.
//
// The suite takes about two seconds of real time. It writes a few hundred
// values of up to 257 KiB each, which expire after an hour at most. The keys
// are random, so you can test a store that is in use. Run the suite with -race
// as well.
//
// The suite cannot detect two kinds of faulty stores: a store that never
// deletes values but does not return expired ones, and a store whose values
// others can read or change.
package cachetest
