package token

import (
	"encoding/base64"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// SignalCatalogue returns the defects that only logout tokens and security
// event tokens can have. A defect is in the claims, the type or the delivery of
// the token.
func SignalCatalogue() []Defect {
	asDelivered := edited(func(*forgery) {}) // leaves the token valid
	return []Defect{{
		Name:  "event-missing",
		Wrong: "The token has no claim events, which is required (RFC 8417 §2.2; OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6).",
		Fix:   "Require events; without it the token is another kind of JWT.",
		forge: without("events"),
	}, {
		Name:  "event-other",
		Wrong: "events has only a type that no receiver knows (RFC 8417 §2.2; OpenID Connect Back-Channel Logout 1.0 §2.6).",
		Fix:   "Look for the name of the expected event; do not act because there is some event. A receiver of security events may acknowledge such an event without effect.",
		forge: edited(func(f *forgery) { f.Set("events", map[string]any{"https://attacker.invalid/event": struct{}{}}) }),
	}, {
		Name:  "event-nonce",
		Wrong: "The logout token has a nonce, which is prohibited so that an ID token cannot be used as a logout token (OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6).",
		Fix:   "Refuse a logout token that has nonce.",
		forge: edited(func(f *forgery) {
			f.Set("nonce", base64.RawURLEncoding.EncodeToString(f.minter.Source.Draw("event nonce", 16)))
		}),
	}, {
		Name:  "event-no-subject",
		Wrong: "The token names neither a user nor a session (OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6; SSF 1.0 §3.1).",
		Fix:   "Require sub or sid in a logout token, and sub_id in a security event token.",
		forge: edited(func(f *forgery) {
			for _, claim := range []string{"sub", "sid", "sub_id"} {
				f.Claims.Delete(claim)
			}
		}),
	}, {
		Name:  "event-subject-format",
		Wrong: "sub_id has an unknown format, so the receiver cannot find the subject (RFC 9493 §3, SSF 1.0 §3.4).",
		Fix:   "Refuse an event that the receiver must act on if it cannot resolve the subject: an acknowledged event is not sent again.",
		forge: edited(func(f *forgery) { f.Set("sub_id", map[string]any{"format": "unknown", "value": DefaultSubject}) }),
	}, {
		Name:  "event-access-typ",
		Wrong: "typ is at+jwt, the type of an access token (RFC 8725 §3.11; RFC 8417 §2.3; OpenID Connect Back-Channel Logout 1.0 §2.4).",
		Fix:   "Accept only the type of this kind of token.",
		forge: edited(func(f *forgery) { f.SetHeader("typ", "at+jwt") }),
	}, {
		Name:  "event-plain-typ",
		Wrong: "typ is JWT; a security event token must have secevent+jwt (SSF 1.0 §4.1.1), a logout token should have logout+jwt (OpenID Connect Back-Channel Logout 1.0 §2.4).",
		Fix:   "Require typ secevent+jwt. For logout tokens, require logout+jwt if the issuer sets it.",
		forge: edited(func(f *forgery) { f.SetHeader("typ", "JWT") }),
	}, {
		Name:  "event-no-jti",
		Wrong: "The token has no jti, which is required (RFC 8417 §2.2; OpenID Connect Back-Channel Logout 1.0 §2.4).",
		Fix:   "Require jti.",
		forge: without("jti"),
	}, {
		Name:  "event-no-iat",
		Wrong: "The token has no iat, which is required, so the receiver does not know which tokens are older (RFC 8417 §2.2; OpenID Connect Back-Channel Logout 1.0 §2.4).",
		Fix:   "Require iat.",
		forge: without("iat"),
	}, {
		Name:  "event-with-exp",
		Wrong: "The security event token has exp, which must not be used (SSF 1.0 §4.1.7, RFC 8417 §2.2).",
		Fix:   "Refuse exp, if the transmitter never sets it.",
		forge: edited(func(f *forgery) { f.SetTime("exp", defaultTTL) }),
	}, {
		Name:  catalogue.EventReplayed,
		Wrong: "The same token is sent twice (OpenID Connect Back-Channel Logout 1.0 §2.6, RFC 8935 §2.2).",
		Fix:   "Answer the second delivery as the first, without another effect: the sender may not have received the first answer. A receiver may also refuse a jti that it has seen.",
		forge: asDelivered,
	}, {
		Name:  catalogue.EventAuthorization,
		Wrong: "The Authorization field of the request is not the one that the receiver agreed on with the transmitter (RFC 8935 §2.1, SSF 1.0 §6.1.1).",
		Fix:   "Compare the whole field in constant time; answer 400 with authentication_failed, or 401.",
		forge: asDelivered,
	}}
}
