package catalogue

import "slices"

// EventType is the URI of a type of security event. Each event is a member of
// the claim events, and the name of that member is the URI (RFC 8417 §2.2).
type EventType string

// These are the event types that the mock server supports.
const (
	BackChannelLogout EventType = "http://schemas.openid.net/event/backchannel-logout"                    // OpenID Connect Back-Channel Logout 1.0 §2.4
	SessionRevoked    EventType = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"   // CAEP 1.0 §3.1
	CredentialChange  EventType = "https://schemas.openid.net/secevent/caep/event-type/credential-change" //nolint:gosec // CAEP 1.0 §3.3: a name, not a credential
	Verification      EventType = "https://schemas.openid.net/secevent/ssf/event-type/verification"       // SSF 1.0 §8.1.4.1
)

// EventNames lists the short names of the event types that the control API and
// the command line accept in place of the URIs.
var EventNames = []string{"session-revoked", "credential-change", "verification"}

// EventTypeOf returns the event type that has the given name in EventNames. It
// returns any other text unchanged.
func EventTypeOf(name string) EventType {
	i := slices.Index(EventNames, name)
	if i < 0 {
		return EventType(name)
	}
	return []EventType{SessionRevoked, CredentialChange, Verification}[i]
}

// ClientLogout contains the URI at which a client receives logout tokens, and
// whether these tokens must contain sid (OpenID Connect Back-Channel Logout 1.0
// §2.2).
type ClientLogout struct {
	URI             string `json:"backchannel_logout_uri,omitzero"`
	SessionRequired bool   `json:"backchannel_logout_session_required,omitzero"`
}

// These defects are in the delivery, not in the token.
const (
	EventReplayed      Defect = "event-replayed"
	EventAuthorization Defect = "event-authorization"
)

// SignalDefects lists the defects that only logout tokens, security event
// tokens and their delivery can have.
var SignalDefects = []Defect{
	"event-missing", "event-other", "event-nonce", "event-no-subject", "event-subject-format", "event-access-typ", "event-plain-typ",
	"event-no-jti", "event-no-iat", "event-with-exp", EventReplayed, EventAuthorization,
}

// IsSignalDefect reports whether d is one of the SignalDefects.
func (d Defect) IsSignalDefect() bool { return slices.Contains(SignalDefects, d) }

// jwtDefects lists the defects that every correct receiver refuses in logout
// tokens and in security event tokens.
var jwtDefects = []Defect{
	Expired, NotYetValid, IssuedInFuture, WrongIssuer, WrongAudience, MissingAudience, AudNotString, BadSignature,
	TruncatedSignature, ZeroECDSASignature, AlgNone, AlgNoneCased, HS256Confusion, UnknownKid, ForeignKeySameKid,
	EmbeddedJWK, JKUHeader, X5UHeader, CritHeader, AlgKeyMismatch, DuplicateHeader, NotJSON, FourSegments,
	PaddedBase64, TrailingBits, Nested, Encrypted,
	"event-missing", "event-no-subject", "event-access-typ", "event-no-jti", "event-no-iat",
}

// LogoutDefects lists the defects of logout tokens that every correct receiver
// refuses (OpenID Connect Back-Channel Logout 1.0 §2.6).
var LogoutDefects = slices.Concat(jwtDefects, []Defect{ExpAsString, ExpOverflow, DuplicateClaim, "event-other", "event-nonce"})

// LogoutDefectsOnRequest lists the defects of logout tokens that a correct
// receiver may accept. It also lists defects that a receiver does not always
// detect, because detection depends on the keys that it has cached or the
// tokens that it has stored.
var LogoutDefectsOnRequest = []Defect{MissingExp, ExpFractional, MissingSub, NoKid, RetiredKey, Oversized, "event-plain-typ", EventReplayed}

// EventDefects lists the defects of security event tokens and of their delivery
// that every correct receiver refuses (RFC 8935 §2.3, SSF 1.0 §4.1). A receiver
// refuses [EventAuthorization] only if it requires an Authorization field.
var EventDefects = slices.Concat(jwtDefects, []Defect{"event-plain-typ", "event-subject-format", EventAuthorization})

// EventDefectsOnRequest lists the defects of security event tokens that a
// correct receiver may accept. It also lists defects that a receiver does not
// always detect, because detection depends on the keys that it has cached or
// the tokens that it has stored.
var EventDefectsOnRequest = []Defect{NoKid, RetiredKey, Oversized, "event-other", "event-with-exp", EventReplayed}
