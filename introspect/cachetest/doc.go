// Package cachetest tests implementations of [introspect.Cache], such as a
// store that several instances share.
//
//	func TestStore(t *testing.T) {
//		cachetest.Run(t, func(t *testing.T) introspect.Cache {
//			return store.New(t.Context(), address)
//		})
//	}
//
// Each failure explains what the store did, and what it would mean for an API.
//
// The suite needs about two seconds of real time. It writes some hundred
// values, of 256 KiB at most. They expire after an hour at most. Keys are
// random, so the store may be in use. Run the suite with -race as well.
//
// Some faults stay unnoticed: values that the store never deletes, if it does
// not return them, and values that others can read or change.
package cachetest
