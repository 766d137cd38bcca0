package middleware

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/strictjson"
	"github.com/bearerguard/bearerguard/scopes"
)

// claims are the registered claims of a token that has not been verified yet.
// Their strings may be substrings of raw. An absent date is the zero time,
// which no token can contain, because NumericDates begin in 1970.
type claims struct {
	raw                         string
	members                     []member // all members
	audiences                   []string // set by claims.audience
	granted                     []grant  // set by claims.scope
	issuer, subject, id         string
	clientID                    string
	acr, session                string
	expiry, notBefore, issuedAt time.Time
	authTime                    time.Time
	tokenType                   strictjson.Value // token_type of an introspection answer (RFC 7662 §2.2), "" if absent
	named                       bool             // iss is present
	binding                     binding          // from cnf
}

type member struct {
	name  string
	value strictjson.Value
}

// parse reads the claims that the checks need. If iss, sub, jti, client_id,
// exp, nbf or iat has the wrong type, the token is malformed. If sid, acr or
// auth_time has the wrong type, it is treated as absent. A requirement on acr
// or auth_time is then not met. Claims that this module does not use are
// ignored. A null claim is treated as absent. The exception is cnf: even a
// token with an unreadable cnf is treated as bound. The text is scanned only
// once. Every member is recorded, because the issuer determines which claims
// contain the audience and the scopes, and the issuer is found only later.
func (c *claims) parse(text string) error {
	*c = claims{raw: text, members: c.members[:0], audiences: c.audiences[:0], granted: c.granted[:0]}
	err := strictjson.Object(text, func(name string, value strictjson.Value) error {
		if value.IsNull() && name != "cnf" {
			return nil
		}
		c.members = append(c.members, member{name, value})
		c.binding.claimed = c.binding.claimed || namesKind(name) && namesDPoP(value)
		ok := true
		switch name {
		case "iss":
			c.issuer, ok = strictjson.String(value)
			c.named = true
		case "sub":
			c.subject, ok = strictjson.String(value)
		case "jti":
			c.id, ok = strictjson.String(value)
		case "client_id":
			c.clientID, ok = strictjson.String(value)
		case "exp":
			c.expiry, ok = strictjson.Date(value)
		case "nbf":
			c.notBefore, ok = strictjson.Date(value)
		case "iat":
			c.issuedAt, ok = strictjson.Date(value)
		case "auth_time":
			c.authTime, _ = strictjson.Date(value)
		case "sid":
			c.session, _ = strictjson.String(value)
		case "acr":
			c.acr, _ = strictjson.String(value)
		case "cnf":
			b := readBinding(value)
			c.binding.jkt, c.binding.x5t, c.binding.other = b.jkt, b.x5t, b.other
		case "token_type":
			c.tokenType = value
		}
		if !ok {
			return errors.New(name + " is of the wrong type") // the name is one of the constants above, so it is safe to log
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

// reset empties the claims and keeps their slices for reuse.
func (c *claims) reset() {
	if c.raw == "" { // the token was cached, or its claims were not parsed
		c.issuer, c.expiry, c.notBefore, c.issuedAt = "", time.Time{}, time.Time{}, time.Time{}
		return
	}
	clear(c.members)
	clear(c.audiences)
	clear(c.granted)
	*c = claims{members: c.members[:0], audiences: c.audiences[:0], granted: c.granted[:0]}
	if cap(c.audiences) > 4*maxNames {
		c.audiences = nil
	}
}

// audience reads the audience from the claim with the given name. The claim
// must be a string or an array of strings (RFC 7519 §4.1.3). An array that
// contains anything else is refused, because its meaning is unclear. The
// results say whether the claim is present, and whether its type is accepted.
// audience stores the strings in c.audiences. It reuses the memory of this
// slice, because the array of a forged token may have thousands of elements,
// and the signature has not been checked yet.
func (c *claims) audience(name string) (present, ok bool) {
	value := c.member(name)
	add := func(element strictjson.Value) bool {
		one, ok := strictjson.String(element)
		c.audiences = append(c.audiences, one)
		return ok
	}
	return value != "", value.Kind() == '"' && add(value) || strictjson.Elements(value, len(value), add)
}

// scopeClaim is a claim that may contain scopes.
type scopeClaim struct {
	name string
	keys bool // the claim is an object whose member names are the scopes
}

const keysPrefix = "keys:" // prefix of a claim name in Issuer.ScopeClaims

func scopeClaims(names []string) (all []scopeClaim) {
	for _, name := range names {
		name, keys := strings.CutPrefix(name, keysPrefix)
		all = append(all, scopeClaim{name, keys})
	}
	return all
}

// grant is the value of a scopeClaim in a token.
type grant struct {
	value strictjson.Value
	keys  bool
}

// scope records the value of the first claim in names that the token has. If
// all is true, it records the values of all such claims. A value must be a
// string of space-separated scopes (RFC 6749 §3.3) or an array of strings,
// which some providers use. If the keys field of the scopeClaim is true, the
// value must be an object whose member names are the scopes. If a value has a
// different type, scope returns false, and the token is malformed. The set of
// scopes is built only after the signature is verified, because building the
// set costs more than this check.
func (c *claims) scope(names []scopeClaim, all bool) bool {
	isString := func(v strictjson.Value) bool { return v.Kind() == '"' }
	for _, claim := range names {
		value := c.member(claim.name)
		switch {
		case value == "":
			continue
		case claim.keys && value.Kind() != '{', !claim.keys && !isString(value) && !strictjson.Elements(value, len(value), isString):
			return false
		}
		if c.granted = append(c.granted, grant{value, claim.keys}); !all {
			break
		}
	}
	return true
}

// scopeSet returns the scopes in the values that c.scope has recorded. The
// scopes are copies, like the other strings of a Token.
func (c *claims) scopeSet() scopes.Set {
	var names []string
	for _, g := range c.granted {
		value := strictjson.Value(strings.Clone(string(g.value)))
		text, isText := strictjson.String(value)
		switch {
		case g.keys:
			_ = strictjson.LooseObject(value, func(name string, held strictjson.Value) error {
				if held != "false" && !held.IsNull() {
					names = append(names, name)
				}
				return nil
			})
		case isText && len(c.granted) == 1:
			return scopes.Parse(text)
		case isText:
			names = append(names, strings.Split(text, " ")...)
		default:
			list, _ := strictjson.Strings(value, len(value))
			names = append(names, list...)
		}
	}
	return scopes.Of(names...)
}

// member returns the claim with this name. A name that begins with a slash is a
// JSON Pointer: member then returns the value to which it points. If the claim
// is absent, member returns "".
func (c *claims) member(name string) strictjson.Value {
	if name[0] == '/' {
		if value := strictjson.Lookup(c.raw, strictjson.Pointer(name)); !value.IsNull() {
			return value
		}
		return ""
	}
	for i := range c.members {
		if c.members[i].name == name {
			return c.members[i].value
		}
	}
	return ""
}

// text returns the value of the first claim in names that is a non-empty
// string, or "".
func (c *claims) text(names []string) string {
	for _, name := range names {
		if text, _ := strictjson.String(c.member(name)); text != "" {
			return text
		}
	}
	return ""
}

func (c *claims) tenant() string { return c.text([]string{"tid"}) }

// token returns the Token for verified claims. Its strings are copies, so that
// a handler that stores a subject does not keep all claims in memory.
func (c *claims) token(clientIDs []string) *Token {
	audience := append([]string(nil), c.audiences...) // nil if the token has no audience
	for i := range audience {
		audience[i] = strings.Clone(audience[i])
	}
	return &Token{
		Issuer: c.issuer, Subject: strings.Clone(c.subject), ClientID: strings.Clone(c.text(clientIDs)), ID: strings.Clone(c.id),
		Audience: audience, Scopes: c.scopeSet(), ACR: strings.Clone(c.acr),
		Expiry: c.expiry, IssuedAt: c.issuedAt, NotBefore: c.notBefore, AuthTime: c.authTime,
		claims: c.raw, binding: binding{strings.Clone(c.binding.jkt), strings.Clone(c.binding.x5t), c.binding.other, c.binding.claimed},
		session: c.session, // not a copy, because handlers cannot reach it
	}
}
