package signals

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/bearerguard/bearerguard/internal/strictjson"
	"github.com/bearerguard/bearerguard/revoke"
)

const (
	eventType = "application/secevent+jwt" // RFC 8417 §7.2

	sessionRevoked   = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"   // CAEP 1.0 §3.1
	credentialChange = "https://schemas.openid.net/secevent/caep/event-type/credential-change" //nolint:gosec // a name; CAEP 1.0 §3.3

	// Events about an account (RISC 1.0 §2). Google defines tokensRevoked.
	credentialCompromise = "https://schemas.openid.net/secevent/risc/event-type/credential-compromise" //nolint:gosec // a name
	accountDisabled      = "https://schemas.openid.net/secevent/risc/event-type/account-disabled"
	accountPurged        = "https://schemas.openid.net/secevent/risc/event-type/account-purged"
	sessionsRevoked      = "https://schemas.openid.net/secevent/risc/event-type/sessions-revoked"
	tokensRevoked        = "https://schemas.openid.net/secevent/oauth/event-type/tokens-revoked" //nolint:gosec // a name
)

// Events returns the handler for security event tokens that a transmitter
// pushes (RFC 8935 §2). The error lists every fault of the configuration.
//
// The token is validated as in RFC 8417 §2.2 and SSF 1.0 §4.1: "typ" must be
// secevent+jwt, aud, iat and jti are required, and exp and sub must be absent
// (SSF 1.0 §4.1.3). An old token is accepted, because delivery can be slow.
//
// Only the following events have an effect. They revoke only tokens that were
// issued at or before the iat of the security event token, and tokens without
// iat.
//
//   - session-revoked (CAEP 1.0 §3.1) revokes the tokens of the session, and
//     the tokens of its user that do not contain a session ID (sid). If the
//     subject has no session, the event revokes all tokens of the user.
//   - credential-change (CAEP 1.0 §3.3) with the change_type revoke, delete or
//     update revokes all tokens of the user. If the subject has no user, the
//     event revokes the tokens of the session. With the change_type create, the
//     event has no effect.
//   - credential-compromise, account-disabled, account-purged and
//     sessions-revoked (RISC 1.0), and Google's tokens-revoked, have the same
//     effect as credential-change with the change_type revoke.
//
// Every other event is acknowledged and has no effect. This includes the
// verification events of SSF 1.0 §8.1.4. The state in these events is not
// checked.
//
// The subject of an event that has an effect is sub_id (RFC 9493, SSF 1.0
// §3.1). In older versions of SSF, it is in the event's member subject. It must
// have one of the following formats. An event with any other format is refused.
// If the event were acknowledged, the sender would not repeat it, and the
// tokens would stay valid.
//
//   - iss_sub is a user. Its iss must be the issuer of the security event
//     token.
//   - opaque is a user of the issuer of the security event token. In
//     session-revoked, it may also be a session, so the tokens of a session
//     with this ID are revoked too.
//   - aliases lists at most 32 identifiers in the formats iss_sub and opaque.
//     Identifiers in other formats, or of other issuers, are ignored if at
//     least one identifier can be used.
//   - complex (SSF 1.0 §3.3) has the member user in one of the formats above,
//     the member session in the format opaque, or both members. In
//     session-revoked, a user in another format is ignored if there is a
//     session. Other members, such as device, do not limit what is revoked.
//
// Drafts have other names, which are accepted, too: subject_type instead of
// format, and iss-sub instead of iss_sub.
//
// The response is 202, or 400 with a JSON object with the members err and
// description (RFC 8935 §2.3). It is 503 with Retry-After if the transmitter
// must repeat the request. A wrong method, a wrong Content-Type, a body that is
// too long and an internal error have the responses 405, 415, 413 and 500.
func Events(config Config) (http.Handler, error) {
	return newReceiver(config, &receiver{
		name: "events", mediaType: eventType, accepted: http.StatusAccepted, receive: (*receiver).receiveEvents,
		refused: func(c code, description string) any {
			return struct {
				Err         code   `json:"err"`
				Description string `json:"description"`
			}{c, description}
		},
	})
}

func (rc *receiver) receiveEvents(ctx context.Context, body string) *refusal {
	m, refused := rc.verify(ctx, body, "secevent+jwt")
	switch {
	case refused != nil:
		return refused
	case m.has("exp") || m.has("sub"): // such a token could be used as another kind of JWT (SSF 1.0 §4.1.2, §4.1.7)
		return refuse(invalidRequest, "exp and sub are not allowed: the subject of an event is sub_id")
	}
	var all []revoke.Revocation
	events, ignored := 0, 0
	err := strictjson.LooseObject(m.events, func(name string, payload strictjson.Value) error {
		events++
		if payload.Kind() != '{' {
			return refuse(invalidRequest, "an event is not an object")
		}
		revocations, err := rc.effect(m, name, payload)
		if all = append(all, revocations...); len(revocations) == 0 {
			ignored++
		}
		return err
	})
	switch refused, isOurs := errors.AsType[*refusal](err); {
	case isOurs:
		return refused
	case err != nil || events == 0:
		return refuse(invalidRequest, "events is empty or has too many members")
	}
	if ignored > 0 {
		rc.log(func() {
			rc.Logger.LogAttrs(ctx, slog.LevelDebug, "events without effect", slog.Int("count", ignored))
		})
	}
	return rc.revoke(ctx, all)
}

// effect returns what an event revokes.
func (rc *receiver) effect(m *message, name string, payload strictjson.Value) ([]revoke.Revocation, error) {
	switch name {
	case sessionRevoked:
		s, err := m.eventSubject(payload)
		if err != nil {
			return nil, err
		}
		if s.isOpaque {
			return append(rc.revocations(m, revoke.Session, s.sessions...), rc.revocations(m, revoke.Subject, s.users...)...), nil
		}
		return rc.ended(m, s.users, s.sessions), nil
	case credentialChange:
		switch change, _ := strictjson.String(strictjson.Lookup(payload, "/change_type")); change {
		case "create":
			return nil, nil
		case "revoke", "delete", "update":
		default:
			return nil, refuse(invalidRequest, "change_type is unknown or missing")
		}
		return rc.account(m, payload)
	case credentialCompromise, accountDisabled, accountPurged, sessionsRevoked, tokensRevoked:
		return rc.account(m, payload)
	}
	return nil, nil
}

// account returns the revocations for an event that affects all sessions of a
// user. If the subject has no user, only the session is revoked. If the format
// of the user is not supported, account returns an error: revoking only the
// session would not be enough.
func (rc *receiver) account(m *message, payload strictjson.Value) ([]revoke.Revocation, error) {
	s, err := m.eventSubject(payload)
	switch {
	case err != nil:
		return nil, err
	case s.isUserUnknown:
		return nil, errUnknownSubject
	case len(s.users) > 0:
		return rc.revocations(m, revoke.Subject, s.users...), nil
	}
	return rc.revocations(m, revoke.Session, s.sessions...), nil
}
