package testserver

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/push"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Receiver is where [Server.Logout] and [Server.Transmit] send tokens. URL is
// its address. Authorization is the value of the Authorization field that a
// receiver of security events requires (SSF 1.0 §6.1.1), or "" if it requires
// none. Client sends the request; nil means a client that trusts the roots of
// the system. A delivery takes at most ten seconds. Redirects are not followed.
type Receiver = push.Receiver

// Receipt is the answer of a [Receiver]: the Status, the Retry-After field in
// RetryAfter ("" if the field is absent), and the first 4 KiB of the Body. A
// status of 2xx means that the receiver has accepted the token.
type Receipt = push.Receipt

// SecurityEvent is the event in a security event token (RFC 8417 §2.2): its
// Type, which is a URI, and its Payload. If Payload is nil, the event has the
// members that the type requires. For [CredentialChange], they describe the
// update of a password.
type SecurityEvent = token.SecurityEvent

// Common types of a [SecurityEvent]. A type can be any URI.
const (
	SessionRevoked   = catalogue.SessionRevoked   // CAEP 1.0 §3.1
	CredentialChange = catalogue.CredentialChange // CAEP 1.0 §3.3
	Verification     = catalogue.Verification     // SSF 1.0 §8.1.4.1; its subject is the stream "stream-1"
)

// LogoutToken returns a logout token (OpenID Connect Back-Channel Logout 1.0
// §2.4) for the client test-client and the user test-user:
//
//	header  {"alg":"ES256","typ":"logout+jwt","kid":…}
//	claims  {"iss":s.Issuer(),"sub":"test-user","aud":"test-client","iat":now,"exp":now+120,
//	         "jti":…,"events":{"http://schemas.openid.net/event/backchannel-logout":{}}}
//
// [Subject], [ForClient], [Claim] and the other options change it, and [With]
// adds one of [LogoutDefects]. Claim("sid", …) names the session.
// [OpaqueTokens] and the options that bind a token do not apply.
func (s *Server) LogoutToken(opts ...TokenOption) string {
	s.helper()
	t, err := s.oauth.LogoutToken(editBy(opts))
	if err != nil {
		s.fail("LogoutToken: %v", err)
	}
	return t.Token
}

// EventToken returns a security event token (RFC 8417 §2, SSF 1.0 §4.1) about
// the user test-user, for the audience of the server's access tokens:
//
//	header  {"alg":"ES256","typ":"secevent+jwt","kid":…}
//	claims  {"iss":s.Issuer(),"iat":now,"jti":…,"aud":"api","txn":…,
//	         "sub_id":{"format":"iss_sub","iss":s.Issuer(),"sub":"test-user"},"events":{event.Type:event.Payload}}
//
// Options change it as in [Server.LogoutToken]. The claims sub and sid become
// sub_id (RFC 9493): [Subject] names the user, Claim("sid", …) adds the
// session, and with Without("sub") only the session is the subject.
// Claim("sub_id", …) sets any other subject. [With] adds one of [EventDefects].
func (s *Server) EventToken(event SecurityEvent, opts ...TokenOption) string {
	s.helper()
	t, err := s.oauth.EventToken(event, editBy(opts))
	if err != nil {
		s.fail("EventToken: %v", err)
	}
	return t.Token
}

// Logout sends a [Server.LogoutToken] to a receiver (OpenID Connect
// Back-Channel Logout 1.0 §2.5) and returns the answer. A receiver that accepts
// the token answers with 200 or 204, and one that refuses it with 400 (§2.8).
// Logout returns an error if an option is invalid or no answer arrives.
//
// With("event-replayed") sends the same token twice and returns the second
// answer. If the first answer is not 2xx, Logout returns an error.
func (s *Server) Logout(ctx context.Context, to Receiver, opts ...TokenOption) (Receipt, error) {
	t, err := s.oauth.LogoutToken(editBy(opts))
	if err != nil {
		return Receipt{}, fmt.Errorf("testserver.Logout: %w", err)
	}
	receipt, err := sendLogout(ctx, to, t)
	if err != nil {
		return Receipt{}, fmt.Errorf("testserver.Logout: %w", err)
	}
	return receipt, nil
}

func sendLogout(ctx context.Context, to Receiver, t token.Signal) (Receipt, error) {
	return deliver(t.Defect, func() (Receipt, error) { return to.Logout(ctx, t.Token) })
}

// Transmit sends a [Server.EventToken] to a receiver (RFC 8935 §2.1) and
// returns the answer. A receiver that accepts the token answers with 202
// (§2.2), and one that refuses it with 400 (§2.3). Transmit returns errors as
// [Server.Logout] does.
//
// With("event-authorization") appends a character to the Authorization of the
// receiver. If the receiver has no Authorization, Transmit sends a wrong one.
func (s *Server) Transmit(ctx context.Context, to Receiver, event SecurityEvent, opts ...TokenOption) (Receipt, error) {
	t, err := s.oauth.EventToken(event, editBy(opts))
	if err != nil {
		return Receipt{}, fmt.Errorf("testserver.Transmit: %w", err)
	}
	receipt, err := transmit(ctx, to, t)
	if err != nil {
		return Receipt{}, fmt.Errorf("testserver.Transmit: %w", err)
	}
	return receipt, nil
}

func transmit(ctx context.Context, to Receiver, t token.Signal) (Receipt, error) {
	if t.Defect == catalogue.EventAuthorization {
		to.Authorization += "x"
	}
	return deliver(t.Defect, func() (Receipt, error) { return to.Event(ctx, t.Token) })
}

// deliver calls send, and calls it again if defect is a replay.
func deliver(defect Defect, send func() (Receipt, error)) (Receipt, error) {
	receipt, err := send()
	switch {
	case err != nil || defect != catalogue.EventReplayed:
		return receipt, err
	case !receipt.Accepted():
		return receipt, fmt.Errorf("the receiver answered %d to the first delivery, want 2xx before the second", receipt.Status)
	}
	return send()
}

// LogoutDefects yields every defect of logout tokens that a correct receiver
// refuses (OpenID Connect Back-Channel Logout 1.0 §2.6). Give one to [With]. A
// receiver may also refuse [MissingExp], [ExpFractional], [MissingSub],
// [NoKid], [RetiredKey], [Oversized], "event-plain-typ" (typ JWT) and
// "event-replayed".
func LogoutDefects() iter.Seq[Defect] { return slices.Values(catalogue.LogoutDefects) }

// EventDefects yields every defect of security event tokens that a correct
// receiver refuses (RFC 8935 §2.3, SSF 1.0 §4.1). A receiver refuses
// "event-authorization" only if it requires an Authorization field. It may also
// refuse [NoKid], [RetiredKey], [Oversized], "event-other" (an unknown type),
// "event-with-exp" and "event-replayed".
func EventDefects() iter.Seq[Defect] { return slices.Values(catalogue.EventDefects) }
