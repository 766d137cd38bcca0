// Package feedtest tests implementations of [revoke.Feed], such as a stream
// that several machines share.
//
//	func TestFeed(t *testing.T) {
//		feedtest.Run(t, func(t *testing.T) revoke.Feed {
//			return stream.New(t.Context(), address)
//		})
//	}
//
// Each failure explains what the feed did, and what that would mean for an API.
// [Memory] is a feed for tests of lists and of programs that use them.
//
// The suite needs about three seconds of real time. It publishes some ten
// thousand revocations of random issuers, which end after an hour at most, so
// the feed may be in use. Run the suite with -race as well.
//
// The suite does not notice a feed that forgets revocations after a minute
// although they are still in force, that never forgets them, that loses them in
// a restart or when another node takes over, that does not change its epoch
// then, or that reports no gap after it has forgotten what a reader needs.
package feedtest
