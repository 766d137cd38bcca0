package signals

import (
	"errors"
	"slices"

	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// subject is what a subject identifier means to the API.
type subject struct {
	users    []string // values of sub
	sessions []string // values of sid
	isOpaque bool     // the same value is in both, because its kind is not known
}

var (
	errUnknownSubject = refuse(invalidRequest, "the subject is missing or not understood: it must be iss_sub, opaque, aliases of these, or complex with user or session")
	errForeignSubject = refuse(accessDenied, "the subject belongs to another issuer than that of the message")
)

// eventSubject returns the subject of an event: sub_id, or the member subject
// of the event, as in versions of SSF before 1.0.
func (m *message) eventSubject(payload strictjson.Value) (subject, error) {
	id := m.claims["sub_id"]
	if !m.has("sub_id") {
		id = strictjson.Lookup(payload, "/subject")
	}
	var s subject
	var err error
	if format := field(id, "/format"); format == "complex" || format == "" { // older versions have no format
		s, err = m.complexSubject(id)
	} else {
		s.users, err = m.users(id)
		if s.isOpaque = format == "opaque"; s.isOpaque {
			s.sessions = s.users
		}
	}
	return s, err
}

// complexSubject reads a Complex Subject (SSF 1.0 §3.3). One of user and
// session may be of a format that is not understood.
func (m *message) complexSubject(id strictjson.Value) (s subject, err error) {
	if session := strictjson.Lookup(id, "/session"); field(session, "/format") == "opaque" && field(session, "/id") != "" {
		s.sessions = []string{field(session, "/id")}
	}
	s.users, err = m.users(strictjson.Lookup(id, "/user"))
	if len(s.sessions) > 0 && errors.Is(err, errUnknownSubject) {
		err = nil
	}
	return s, err
}

// users returns the users that a subject identifier names (RFC 9493 §3.2).
func (m *message) users(id strictjson.Value) ([]string, error) {
	var user string
	switch field(id, "/format") {
	case "iss_sub":
		if iss := field(id, "/iss"); iss != m.issuer && iss != m.text("iss") {
			return nil, errForeignSubject
		}
		user = field(id, "/sub")
	case "opaque":
		user = field(id, "/id")
	case "aliases":
		return m.aliases(strictjson.Lookup(id, "/identifiers"))
	}
	if user == "" {
		return nil, errUnknownSubject
	}
	return []string{user}, nil
}

// aliases returns the users that a list of identifiers names. Lists are not
// nested (RFC 9493 §3.2.8).
func (m *message) aliases(identifiers strictjson.Value) (users []string, err error) {
	err = errUnknownSubject
	strictjson.Elements(identifiers, len(identifiers), func(id strictjson.Value) bool {
		if field(id, "/format") == "aliases" {
			return true
		}
		more, fault := m.users(id)
		if users = append(users, more...); errors.Is(fault, errForeignSubject) {
			err = fault
		}
		return true
	})
	if len(users) > 0 {
		return slices.Compact(slices.Sorted(slices.Values(users))), nil
	}
	return nil, err
}

// field returns a member of an object, or "" if it is not a string.
func field(object strictjson.Value, pointer strictjson.Pointer) string {
	text, _ := strictjson.String(strictjson.Lookup(object, pointer))
	return text
}
