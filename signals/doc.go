// Package signals receives messages of authorization servers about sessions
// that have ended, and puts them on a [revoke.List]. From then on, the verifier
// refuses the access tokens of these sessions.
//
//	config := signals.Config{
//		Verifier:      v,    // its issuers may send signals
//		List:          list, // middleware.Config.Revocations of v
//		Audiences:     []string{"my-client-id"},
//		TokenLifetime: time.Hour,
//	}
//	logout, err := signals.Logout(config)
//	events, err := signals.Events(config)
//	mux.Handle("/logout", logout)
//	mux.Handle("/events", events)
//
// [Logout] receives the logout tokens of OpenID Connect Back-Channel Logout
// 1.0. [Events] receives security event tokens by push (RFC 8935): the events
// of OpenID CAEP 1.0, through the OpenID Shared Signals Framework 1.0. Both
// kinds of tokens are signed by an issuer, and are verified with the keys and
// the policy of a [middleware.Verifier].
//
// # What is revoked
//
// A message about a session, sid, revokes the tokens of this session. A message
// about a user, sub, revokes the tokens of this user. Only tokens that were
// issued no later than the message, by its iat, are revoked. A user who has
// logged in again is therefore not affected by a message that is repeated or
// late. A repeated message is acknowledged again, because the sender may not
// have received the first answer.
//
// An issuer can revoke only its own tokens. An event about a user of another
// issuer is refused.
//
// # What an acknowledgement means
//
// A message is acknowledged only after [revoke.List.Add] has returned nil: the
// revocations are in force here, and the feed of the list has them. If the feed
// or the keys of the issuer are unavailable, or if the list is full, the answer
// is 503 with Retry-After, and the sender has to repeat the message. A refusal
// with 400 is final, even if the signing key was published only seconds before.
// A list without a feed forgets acknowledged messages when the process ends.
package signals
