// Package feedtest tests implementations of [revoke.Feed], such as a stream
// that several machines share.
//
//	func TestFeed(t *testing.T) {
//		feedtest.Run(t, func(t *testing.T) revoke.Feed {
//			return stream.New(t.Context(), address)
//		})
//	}
//
// Each failure explains what the feed did, and what the consequence for an API
// would be. [Memory] is a feed for tests of lists and of programs that use
// lists.
//
// The suite needs about three seconds of real time. It publishes about six
// thousand revocations of random issuers, so an API may use the same feed.
// These revocations expire after an hour at most, except one, which expires in
// the year 9999. Also run the suite with -race.
//
// The suite does not detect these faults:
//
//   - The feed loses revocations after a minute, although they have not
//     expired.
//   - The feed never removes revocations.
//   - The feed loses revocations in a restart or when another node takes over,
//     or does not change its epoch after such a loss.
//   - The feed does not return ErrGap after it has lost revocations that a
//     reader needs.
package feedtest
