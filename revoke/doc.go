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
// [List.Add] is for your own calls. Package signals receives logout tokens and
// security events. A [Feed] takes revocations to the other machines of an API,
// and back to a machine that was restarted. Package feedtest tests feeds.
//
// # What is revoked
//
// A [Revocation] applies to the tokens of one issuer. Its Value is compared
// byte for byte with one claim, as its Kind says. If Before is set, it applies
// only to tokens that were issued at or before that time. Times are compared in
// whole seconds, because most tokens have whole seconds in iat. A token that
// was issued in the same second as Before is therefore revoked, even if it was
// issued later in that second. A token without iat is revoked too, because it
// does not show that it is newer.
//
// # When entries end
//
// An entry ends at its Until, by the clock of the machine. Because of clock
// skew, verifiers accept a token for a little longer than its lifetime.
// List.Add therefore adds five minutes, the largest skew, to Until. Entries
// that have ended are removed in small steps by calls of List.Add and, with a
// Feed, by List.Run.
//
// # Lag
//
// The lag of a list is the time since its feed was last read to its end.
// [List.Run] reads it about every 200 milliseconds. Before the first complete
// reading the lag is infinite. If the lag is more than Config.MaxLag,
// Config.OnLag decides: [Refuse] means that requests are answered with 503, and
// [Accept] that the list decides by what it knows. Tokens on the list are
// refused as revoked in any case.
//
// If the list is full, it does not forget entries. [List.Add] then returns
// [ErrFull]. With a Feed, it does so when nine tenths of the list are in use,
// so that what other machines publish at the same time fits as well.
// Revocations in the feed that do not fit, or that are not valid, count as lag,
// because the list does not know everything that is in the feed. Every minute,
// the list then reads the feed again from the beginning.
//
// # A feed that loses its memory
//
// A feed can lose its contents, as a Redis without persistence does in a
// restart. Its epoch then changes. Each list reads the feed from the beginning,
// and publishes those of its entries that the feed lacks. A list that is
// started after the loss does not know these entries until another list has
// published them.
//
// # Clocks
//
// If the clock of a machine is ahead, entries end too early there. As soon as
// the clock is set back, [List.Run] reads the feed from the beginning. A list
// without a feed does not get such entries back.
package revoke
