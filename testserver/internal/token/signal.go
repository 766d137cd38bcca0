package token

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// logoutTTL is the lifetime of a logout token, which should be at most two
// minutes (OpenID Connect Back-Channel Logout 1.0 §4).
const logoutTTL = 2 * time.Minute

// defaultStream is the stream_id in the subject of a verification event.
const defaultStream = "stream-1"

// Signal is a token that is pushed to a receiver: a logout token or a security
// event token.
type Signal struct {
	Token  string
	Defect catalogue.Defect // "" for a good token
}

// SecurityEvent is the event in a security event token (RFC 8417 §2.2).
type SecurityEvent struct {
	Type    catalogue.EventType
	Payload map[string]any // the members of the event; nil means the default members of the type
}

// LogoutToken returns a logout token (OpenID Connect Back-Channel Logout 1.0
// §2.4) for the default user and the default client. The given edit changes the
// token before it is signed.
func (m *Minter) LogoutToken(edit Edit) (Signal, error) {
	d := &Draft{Now: m.Clock.Now(), Header: UnsignedHeader()}
	d.SetHeader("typ", "logout+jwt")
	d.Set("iss", m.Form.issuer(m.Issuer))
	d.Set("sub", DefaultSubject)
	d.Claims = append(d.Claims, Member{Name: "aud"})
	d.SetTime("iat", 0)
	d.SetTime("exp", logoutTTL)
	d.Set("jti", m.Source.Name("logout jti"))
	d.Set("events", map[catalogue.EventType]any{catalogue.BackChannelLogout: struct{}{}})
	d.Set("client_id", DefaultClient) // edit may change this
	edit(d)
	d.setAudienceTo(DefaultClient)
	return m.signal(d, "logout token", slices.Concat(catalogue.LogoutDefects, catalogue.LogoutDefectsOnRequest))
}

// EventToken returns a security event token (RFC 8417 §2, SSF 1.0 §4.1) about
// the default user. The given edit changes the token before it is signed. By
// default, the token has the audience of the server's access tokens. If edit
// sets the sub or sid claim, but neither sets nor removes sub_id, EventToken
// moves the value into sub_id.
func (m *Minter) EventToken(event SecurityEvent, edit Edit) (Signal, error) {
	d := &Draft{Now: m.Clock.Now(), Header: UnsignedHeader()}
	d.SetHeader("typ", "secevent+jwt")
	d.Set("iss", m.Form.issuer(m.Issuer))
	d.SetTime("iat", 0)
	d.Set("jti", m.Source.Name("event jti"))
	d.Claims = append(d.Claims, Member{Name: "aud"})
	d.Set("txn", m.Source.Name("event txn"))
	d.Claims = append(d.Claims, Member{Name: "sub_id"}, Member{Name: "sub"})
	if event.Type == "" {
		d.Fail(fmt.Errorf("the type of the event is empty: use one of %s, or the URI of another type", strings.Join(catalogue.EventNames, ", ")))
	}
	d.Set("events", map[catalogue.EventType]any{event.Type: event.payload(d.Now)})
	edit(d)
	sample := m.Sample()
	d.setAudienceTo(sample.TextsAt(sample.Form.audience().Name)...)
	d.setSubjectID(event.Type)
	return m.signal(d, "security event token", slices.Concat(catalogue.EventDefects, catalogue.EventDefectsOnRequest))
}

// payload returns e.Payload. If e.Payload is nil, it returns the members that
// the type of the event requires or recommends.
func (e SecurityEvent) payload(now time.Time) map[string]any {
	switch {
	case e.Payload != nil:
		return e.Payload
	case e.Type == catalogue.SessionRevoked:
		return map[string]any{"event_timestamp": now.Unix()} // CAEP 1.0 §2
	case e.Type == catalogue.CredentialChange:
		return map[string]any{"credential_type": "password", "change_type": "update", "event_timestamp": now.Unix()} // CAEP 1.0 §3.3.1
	}
	return map[string]any{}
}

// setAudienceTo removes client_id and sets aud to the client from it. If
// client_id is absent, setAudienceTo sets aud to the given values. If an option
// has set or removed aud, setAudienceTo does not change aud.
func (d *Draft) setAudienceTo(aud ...string) {
	if client, ok := d.Claims.Text("client_id"); ok {
		aud = []string{client}
	}
	d.Claims.Delete("client_id")
	if d.Claims.Unset("aud") {
		d.SetAudience(aud)
	}
}

// setSubjectID sets sub_id unless an option has set or removed it (SSF 1.0
// §3.1, RFC 9493 §3.2). The subject of a verification event is the stream (SSF
// 1.0 §8.1.4.1), unless an option sets sub or sid. For every other event it is
// the user, the session, or both. If an option has removed sub and none has set
// sid, such an event has no sub_id.
func (d *Draft) setSubjectID(kind catalogue.EventType) {
	if !d.Claims.Unset("sub_id") {
		return
	}
	if d.Claims.Unset("sub") && kind != catalogue.Verification {
		d.Set("sub", DefaultSubject)
	}
	iss, _ := d.Claims.Text("iss")
	sub, ofUser := d.Claims.Text("sub")
	sid, ofSession := d.Claims.Text("sid")
	user := map[string]any{"format": "iss_sub", "iss": iss, "sub": sub}
	session := map[string]any{"format": "opaque", "id": sid}
	d.Claims.Delete("sub") // SSF 1.0 §4.1.2
	d.Claims.Delete("sid")
	switch {
	case ofUser && ofSession:
		d.Set("sub_id", map[string]any{"format": "complex", "user": user, "session": session}) // SSF 1.0 §3.3
	case ofUser:
		d.Set("sub_id", user)
	case ofSession:
		d.Set("sub_id", session)
	case kind == catalogue.Verification:
		d.Set("sub_id", map[string]any{"format": "opaque", "id": defaultStream})
	}
}

// signal makes the token that d describes. It refuses options and defects that
// do not apply to a token of this kind.
func (m *Minter) signal(d *Draft, kind string, allowed []catalogue.Defect) (Signal, error) {
	s := Signal{}
	if d.Opaque || d.Bound != nil || d.Certificate != nil {
		d.Fail(fmt.Errorf("OpaqueTokens, BoundTo and BoundToCertificate do not apply to a %s: leave them out", kind))
	}
	if d.Defect != nil {
		if s.Defect = d.Defect.Name; !slices.Contains(allowed, s.Defect) {
			d.Fail(fmt.Errorf("With(%q) is not a defect of a %s: use one of %s", string(s.Defect), kind, strings.Join(catalogue.Names(allowed), ", ")))
		}
	}
	if err := d.Err(); err != nil {
		return s, err
	}
	var err error
	s.Token, err = m.Finish(d)
	return s, err
}
