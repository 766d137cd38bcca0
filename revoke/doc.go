// Package revoke is a list of revoked tokens in memory. A verifier checks each
// token against the list, without the network.
//
//	list, err := revoke.New(revoke.Config{Feed: feed, OnLag: revoke.Refuse})
//	go list.Run(ctx) // reads what other machines publish
//
//	v, err := middleware.NewVerifier(middleware.Config{Revocations: list, …})
//
//	err = list.Add(ctx, revoke.Revocation{
//		Issuer: "https://login.example.com", Kind: revoke.Subject, Value: "alice",
//		Before: time.Now(),                // tokens that were issued until now
//		Until:  time.Now().Add(time.Hour), // when the last of them has expired
//	})
//
// Your program calls [List.Add] to revoke tokens. Package signals calls it for
// the logout tokens and security events that it receives. A [Feed] shares
// revocations with the other machines of an API, and restores them on a machine
// that was restarted. Package feedtest tests feeds.
//
// # What is revoked
//
// A [Revocation] applies to the tokens of one issuer. Its Kind selects a claim,
// and its Value is compared with this claim byte for byte. If Before is set,
// the revocation applies only to tokens that were issued at or before that
// time. Times are compared in whole seconds, because most tokens have whole
// seconds in iat. A token that was issued in the same second as Before is
// therefore revoked, even if it was issued later in that second. A token
// without iat is revoked too, because it does not show when it was issued.
//
// # When entries expire
//
// An entry expires at its Until, by the clock of the machine. Because of clock
// skew, verifiers accept a token for a little longer than its lifetime.
// List.Add therefore adds five minutes, the largest skew, to Until. Expired
// entries are removed in small steps by calls of List.Add and, with a Feed, by
// List.Run.
//
// # Lag
//
// The lag of a list is the time since it last read its feed to the end.
// [List.Run] reads the feed about every 200 milliseconds. Before the first
// complete reading, the lag is infinite. If the lag is more than Config.MaxLag,
// tokens on the list are still refused as revoked. Config.OnLag decides about
// all other tokens. With [Refuse], requests are answered with 503. With
// [Accept], the tokens pass this check.
//
// A full list keeps its entries, and [List.Add] returns [ErrFull]. With a Feed,
// List.Add returns it when nine tenths of the list are in use. The last tenth
// is reserved for revocations that other machines publish at the same time. If
// the feed contains revocations that do not fit or are not valid, the list does
// not have the whole feed. The lag therefore grows, and every minute the list
// reads the feed again from the beginning.
//
// # A feed that loses its contents
//
// A feed can lose its contents, for example when a Redis without persistence is
// restarted. Its epoch then changes. Each running list reads the feed from the
// beginning, and publishes those of its entries that the feed lacks. A list
// that is started after the loss does not have the lost entries until another
// list has published them.
//
// # Clocks
//
// If the clock of a machine is ahead, entries expire too early there. As soon
// as the clock is set back, [List.Run] reads the feed from the beginning and so
// restores these entries. A list without a feed cannot restore them.
package revoke
