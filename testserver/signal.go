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

// Receiver is the destination to which [Server.Logout] and [Server.Transmit]
// send tokens. URL is its address. Authorization is the value of the
// Authorization header in requests with security events (SSF 1.0 §6.1.1). If
// Authorization is "", these requests do not have the header. Client sends the
// request. If Client is nil, the request is sent by a client that trusts the
// system's root certificates. A delivery takes at most ten seconds. Redirects
// are not followed.
type Receiver = push.Receiver

// Receipt is the response of a [Receiver]: the Status, the Retry-After header
// in RetryAfter ("" if the header is absent), and the first 4 KiB of the Body.
// A status of 2xx means that the receiver has accepted the token.
type Receipt = push.Receipt

// SecurityEvent is the event in a security event token (RFC 8417 §2.2). Type is
// a URI. If Payload is nil, the event has default members that depend on the
// type. For [CredentialChange], the default members describe the update of a
// password.
type SecurityEvent = token.SecurityEvent

// These are common types of a [SecurityEvent]. A type can be any URI.
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
// [Subject], [ForClient], [Claim] and the other options change the token.
// [With] adds one of [LogoutDefects]. Claim("sid", …) sets the session.
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
// Options change the token as in [Server.LogoutToken]. The values of the claims
// sub and sid are moved into sub_id (RFC 9493). [Subject] sets the user, and
// Claim("sid", …) adds the session. Without("sub") removes the user, so that
// only the session is the subject. Claim("sub_id", …) sets any other subject.
// [With] adds one of [EventDefects].
func (s *Server) EventToken(event SecurityEvent, opts ...TokenOption) string {
	s.helper()
	t, err := s.oauth.EventToken(event, editBy(opts))
	if err != nil {
		s.fail("EventToken: %v", err)
	}
	return t.Token
}

// Logout sends a [Server.LogoutToken] to a receiver (OpenID Connect
// Back-Channel Logout 1.0 §2.5) and returns the response. A receiver returns
// 200 or 204 if it accepts the token, and 400 if it refuses the token (§2.8).
// Logout returns an error if an option is invalid or no response arrives.
//
// With("event-replayed") sends the same token twice and returns the second
// response. If the first response is not 2xx, Logout returns an error.
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
// returns the response. A receiver returns 202 if it accepts the token (§2.2),
// and 400 if it refuses the token (§2.3). Transmit returns an error in the same
// cases as [Server.Logout].
//
// With("event-authorization") appends a character to the Authorization of the
// receiver, so that Transmit sends a wrong value even if Authorization is "".
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

// deliver calls send and returns its result. If the defect is event-replayed,
// deliver calls send again and returns the second result. If the first status
// is then not 2xx, deliver returns an error instead.
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
// refuses (OpenID Connect Back-Channel Logout 1.0 §2.6). Pass a defect to
// [With]. A receiver may also refuse [MissingExp], [ExpFractional],
// [MissingSub], [NoKid], [RetiredKey], [Oversized], "event-plain-typ" (typ JWT)
// and "event-replayed".
func LogoutDefects() iter.Seq[Defect] { return slices.Values(catalogue.LogoutDefects) }

// EventDefects yields every defect of security event tokens that a correct
// receiver refuses (RFC 8935 §2.3, SSF 1.0 §4.1). A receiver refuses
// "event-authorization" only if it requires an Authorization field. A receiver
// may also refuse [NoKid], [RetiredKey], [Oversized], "event-other" (an unknown
// type), "event-with-exp" and "event-replayed".
func EventDefects() iter.Seq[Defect] { return slices.Values(catalogue.EventDefects) }
