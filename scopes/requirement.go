package scopes

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Evidence contains everything that requirements are checked against: the
// contents of a verified token, and the request.
type Evidence struct {
	Scopes   Set
	ACR      string    // authentication context class; "" if unknown
	AuthTime time.Time // when the user last authenticated; zero if unknown
	Now      time.Time // the verifier's clock

	// ClockSkew is how far the clocks of the issuer and the API may differ.
	ClockSkew time.Duration

	// Claim returns the value of a claim. The argument is a JSON Pointer, such
	// as "/tenant" or "/realm_access/roles" (RFC 6901). The value has the type
	// that encoding/json decodes into an any. Claim returns false if the claim
	// is absent or null. A verifier always sets Claim.
	Claim func(pointer string) (any, bool)

	// Request is the HTTP request as the protected route received it. Use it
	// for requirements on the request, for example on a tenant in the path. It
	// is nil if the token did not come in an HTTP request, if a handler calls
	// Check, or if the Evidence is empty (see [Requirement]). Do not modify the
	// request, and do not read its body.
	Request *http.Request
}

// Requirement decides whether a token may pass. Unmet is called concurrently
// and must not retain the Evidence.
//
// To get the Shortfall for a challenge, a verifier calls Unmet with empty
// Evidence, in which only Claim is set, and Claim finds nothing. If the
// authentication is insufficient, the verifier calls Unmet with the Evidence of
// the token without ACR and AuthTime. Empty Evidence must never meet a
// requirement.
type Requirement interface {
	// Unmet returns nil if the requirement is met. Otherwise it returns a
	// Shortfall for the challenge, which says what the client needs.
	Unmet(Evidence) *Shortfall
}

// Shortfall is what a client must obtain to meet a requirement. Do not modify a
// Shortfall that you receive, because other goroutines may share it.
type Shortfall struct {
	// Scopes are scopes that meet the requirement together, including scopes
	// that the token already has. Scopes is empty if no scope can meet the
	// requirement.
	Scopes Set

	// ACR contains the accepted authentication context classes, the preferred
	// one first. ACR is empty if no class can meet the requirement.
	ACR []string

	// MaxAge is the maximum time since the user authenticated. 0 means that any
	// time is accepted. The challenge contains MaxAge in whole seconds, rounded
	// down. A MaxAge of less than a second, except 0, becomes 1.
	MaxAge time.Duration
}

// namesSomething reports whether the Shortfall contains a scope, an acr value
// or a maximum age.
func (s *Shortfall) namesSomething() bool {
	return s.Scopes.Len() > 0 || len(s.ACR) > 0 || s.MaxAge > 0
}

type all struct {
	needed    []string
	shortfall Shortfall
}

// All returns a requirement that is met by a token that has all of the named
// scopes.
func All(first string, more ...string) Requirement {
	set := mustSet(aScope, first, more)
	return &all{needed: set.names, shortfall: Shortfall{Scopes: set}}
}

func (r *all) Unmet(e Evidence) *Shortfall {
	for _, name := range r.needed {
		if !e.Scopes.Has(name) {
			return &r.shortfall
		}
	}
	return nil
}

type oneOf []Requirement

// Any returns a requirement that is met by a token that has at least one of the
// named scopes. Challenges name only the first scope.
func Any(first string, more ...string) Requirement {
	var alternatives oneOf
	for name := range mustSet(aScope, first, more).All() {
		alternatives = append(alternatives, All(name))
	}
	return alternatives
}

// OneOf returns a requirement that is met by a token that meets at least one of
// the given requirements. Challenges contain the shortfall of only one of them:
// the first requirement whose shortfall has a scope, an acr value or a maximum
// age. OneOf panics if a requirement is nil.
func OneOf(first, second Requirement, more ...Requirement) Requirement {
	alternatives := append(oneOf{first, second}, more...)
	for i, r := range alternatives {
		if r == nil {
			panic(fmt.Sprintf("scopes: requirement %d of OneOf is nil", i+1))
		}
	}
	return alternatives
}

func (r oneOf) Unmet(e Evidence) *Shortfall {
	var first *Shortfall
	for _, alternative := range r {
		shortfall := alternative.Unmet(e)
		if shortfall == nil {
			return nil
		}
		if first == nil || !first.namesSomething() {
			first = shortfall
		}
	}
	return first
}

type claim struct {
	pointer string
	values  []string
}

// Claim returns a requirement that is met by a token in which a claim has all
// of the values. The parameter name is the name of the claim or, if it begins
// with a slash, a JSON Pointer (RFC 6901) such as "/realm_access/roles". The
// claim has the value v in three cases:
//
//   - The claim is the string v.
//   - The claim is an array that contains the string v.
//   - The claim is an object with a member named v whose value is neither null
//     nor false.
//
// Use Claim for roles and groups, which may contain spaces and other characters
// that scopes may not. Challenges do not mention this requirement. Claim panics
// if a value is empty or not UTF-8. It also panics if the parameter name is
// empty or an invalid JSON Pointer.
func Claim(name, first string, more ...string) Requirement {
	c := &claim{name, append([]string{first}, more...)}
	switch {
	case name == "" || strings.HasPrefix(name, "/") && !jsontext.Pointer(name).IsValid():
		panic(fmt.Sprintf("scopes: %q is neither the name of a claim nor a JSON Pointer (RFC 6901)", name))
	case slices.ContainsFunc(c.values, func(value string) bool { return value == "" || !utf8.ValidString(value) }):
		panic(fmt.Sprintf("scopes: a value for %q is empty or not UTF-8", name))
	case name[0] != '/':
		c.pointer = "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	}
	return c
}

var nothingToName Shortfall

func (c *claim) Unmet(e Evidence) *Shortfall {
	if e.Claim == nil {
		return &nothingToName
	}
	held, _ := e.Claim(c.pointer)
	for _, value := range c.values {
		var has bool
		switch held := held.(type) {
		case string:
			has = held == value
		case []any:
			has = slices.Contains(held, any(value))
		case map[string]any:
			member, present := held[value]
			has = present && member != nil && member != false
		}
		if !has {
			return &nothingToName
		}
	}
	return nil
}

const aScope = "a scope (RFC 6749 §3.3)"

// mustSet returns the set of the given values. It panics if a value cannot be
// in the space-separated list of a challenge. The panic text contains kind,
// which describes the values.
func mustSet(kind, first string, more []string) Set {
	names := append([]string{first}, more...)
	for _, name := range names {
		if !valid(name) {
			panic(fmt.Sprintf("scopes: %q is not %s: write printable ASCII without space, quote and backslash, one per argument", name, kind))
		}
	}
	return Of(names...)
}
