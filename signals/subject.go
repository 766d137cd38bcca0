package signals

import (
	"errors"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// subject contains the users and sessions that a subject identifier specifies.
type subject struct {
	users         []string // values of sub
	sessions      []string // values of sid
	isOpaque      bool     // the format does not distinguish users and sessions, so the ID is in both lists
	isUserUnknown bool     // the format of the user is not supported
}

// maxAliases is the maximum number of identifiers in aliases. Each identifier
// adds up to two entries to the list of revocations.
const maxAliases = 32

var (
	errUnknownSubject = refuse(invalidRequest, "the subject is missing or not understood: its format must be iss_sub, opaque, aliases (of these two formats) or complex (with the member user or session)")
	errForeignSubject = refuse(accessDenied, "the issuer of the subject differs from the issuer of the message")
	errManyAliases    = refuse(invalidRequest, "the subject has too many aliases")
)

// eventSubject returns the subject of an event: sub_id or, if it is absent, the
// member subject of the event, which versions of SSF before 1.0 use.
func (m *message) eventSubject(payload strictjson.Value) (subject, error) {
	id := m.claims["sub_id"]
	if !m.has("sub_id") {
		id = strictjson.Lookup(payload, "/subject")
	}
	if format := formatOf(id); format == "complex" || format == "" { // in older versions, a complex subject has no format
		return m.complexSubject(id)
	}
	return m.simpleSubject(id)
}

// complexSubject parses a Complex Subject (SSF 1.0 §3.3). If the format of the
// user or of the session is not supported, it ignores this member and returns
// the other member.
func (m *message) complexSubject(id strictjson.Value) (subject, error) {
	user, session := strictjson.Lookup(id, "/user"), strictjson.Lookup(id, "/session")
	s, err := m.simpleSubject(user)
	s = subject{users: s.users}
	if formatOf(session) == "opaque" && field(session, "/id") != "" {
		s.sessions = []string{field(session, "/id")}
		if errors.Is(err, errUnknownSubject) {
			s.isUserUnknown, err = user != "", nil
		}
	}
	return s, err
}

// simpleSubject reads a subject identifier of RFC 9493 §3.2.
func (m *message) simpleSubject(id strictjson.Value) (s subject, err error) {
	switch formatOf(id) {
	case "iss_sub":
		if iss := field(id, "/iss"); iss != m.issuer && iss != m.text("iss") {
			return subject{}, errForeignSubject
		}
		s.users = []string{field(id, "/sub")}
	case "opaque":
		s.users = []string{field(id, "/id")}
		s.sessions, s.isOpaque = s.users, true
	case "aliases":
		return m.aliases(strictjson.Lookup(id, "/identifiers"))
	}
	if len(s.users) == 0 || s.users[0] == "" {
		return subject{}, errUnknownSubject
	}
	return s, nil
}

// aliases parses a list of identifiers. It skips nested lists, which RFC 9493
// §3.2.8 does not allow.
func (m *message) aliases(identifiers strictjson.Value) (s subject, err error) {
	err = errUnknownSubject
	isShort := strictjson.Elements(identifiers, maxAliases, func(id strictjson.Value) bool {
		if formatOf(id) == "aliases" {
			return true
		}
		one, fault := m.simpleSubject(id)
		if errors.Is(fault, errForeignSubject) {
			err = fault
		}
		s.users, s.sessions = append(s.users, one.users...), append(s.sessions, one.sessions...)
		s.isOpaque = s.isOpaque || one.isOpaque
		return true
	})
	switch {
	case !isShort && identifiers.Kind() == '[':
		return subject{}, errManyAliases
	case len(s.users) == 0:
		return subject{}, err
	}
	for _, names := range []*[]string{&s.users, &s.sessions} {
		slices.Sort(*names)
		*names = slices.Compact(*names)
	}
	return s, nil
}

// formatOf returns the format of a subject identifier. In drafts, the member is
// named subject_type, and its values have "-" instead of "_".
func formatOf(id strictjson.Value) string {
	if format := field(id, "/format"); format != "" {
		return format
	}
	return strings.ReplaceAll(field(id, "/subject_type"), "-", "_")
}

// field returns a member of an object, or "" if it is not a string.
func field(object strictjson.Value, pointer strictjson.Pointer) string {
	text, _ := strictjson.String(strictjson.Lookup(object, pointer))
	return text
}
