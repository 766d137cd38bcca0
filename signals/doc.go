// Package signals receives messages from authorization servers about sessions
// that have ended, and adds revocations to a [revoke.List]. From then on, the
// verifier refuses the access tokens of these sessions.
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
// A message about a session (sid) revokes the tokens of this session, and those
// tokens of its user (sub) that do not contain a sid. A message about a user
// without a session revokes all tokens of this user. [Events] lists the events
// that revoke all tokens of a user even if the message has a session. Only
// tokens that were issued at or before the iat of the message are revoked, and
// tokens without iat. If a message is late or repeated, it therefore does not
// affect the new tokens of a user who has logged in again, if they have iat. A
// repeated message is acknowledged again, because the sender may not have
// received the first response.
//
// An issuer can revoke only its own tokens. An event about a user of another
// issuer is refused.
//
// # What an acknowledgement means
//
// A message is acknowledged only after [revoke.List.Add] has returned nil: the
// revocations are in force on this machine, and the feed of the list has them.
// If the feed or the keys of the issuer are unavailable, or if the list is
// full, the response is 503 with Retry-After, and the sender must repeat the
// message. A refusal with 400 is final, even if the issuer published the
// signing key only seconds before the message. A list without a feed loses
// acknowledged messages when the process ends.
package signals
