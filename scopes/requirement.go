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

// Evidence is what requirements are checked against: the contents of a verified
// token, and the request.
type Evidence struct {
	Scopes   Set
	ACR      string    // authentication context class, "" when unknown
	AuthTime time.Time // when the user last authenticated, zero when unknown
	Now      time.Time // the verifier's clock

	// ClockSkew is how far the clocks of issuer and API may differ.
	ClockSkew time.Duration

	// Claim returns the claim a JSON Pointer (RFC 6901) names, such as
	// "/tenant" or "/realm_access/roles", as encoding/json decodes it into an
	// any, or false if it is absent or null. A verifier never leaves it nil.
	Claim func(pointer string) (any, bool)

	// Request is the HTTP request as the route of the requirement received it,
	// for requirements that depend on it, such as a tenant in its path. It is
	// nil without a request: for a token from another source, or a check within
	// a handler. Do not change it, and do not read its body.
	Request *http.Request
}

// Requirement decides whether a token may pass. Implementations are called
// concurrently and must not keep the Evidence.
//
// When a verifier refuses a request before there is a token, it calls Unmet
// with empty Evidence to find out what the challenge must name, so empty
// Evidence must not meet a requirement.
type Requirement interface {
	// Unmet returns nil when the requirement is met, else what the challenge
	// must name.
	Unmet(Evidence) *Shortfall
}

// Shortfall is what a client must obtain to meet a requirement. It may be
// shared: do not modify one that you receive.
type Shortfall struct {
	Scopes Set           // all scopes of the requirement, including those the token has; empty if no scope helps
	ACR    []string      // accepted authentication context classes, the preferred one first; empty if none helps
	MaxAge time.Duration // how long ago the user may have authenticated, in whole seconds; 0 if any time is accepted
}

// namesSomething reports whether a client can do anything about it.
func (s *Shortfall) namesSomething() bool {
	return s.Scopes.Len() > 0 || len(s.ACR) > 0 || s.MaxAge > 0
}

type all struct {
	needed    []string
	shortfall Shortfall
}

// All is met by a token that has every one of the named scopes.
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

// Any is met by a token that has at least one of the named scopes. Challenges
// name the first scope.
func Any(first string, more ...string) Requirement {
	var alternatives oneOf
	for name := range mustSet(aScope, first, more).All() {
		alternatives = append(alternatives, All(name))
	}
	return alternatives
}

// OneOf is met by a token that meets at least one of the requirements.
// Challenges name what the first requirement that names anything asks for: its
// scopes, acr values or age. It panics if a requirement is nil.
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

// Claim is met by a token in which a claim has every one of the values: it is
// that string, an array that contains each as a string, or an object with a
// member of each name that is neither null nor false. name is a claim or, if it
// begins with a slash, a JSON Pointer (RFC 6901) such as "/realm_access/roles".
// It is for roles and groups, which may have spaces and other characters that
// scopes may not. Challenges name no scope for it. It panics for a value that
// is empty or not UTF-8, and for a name that is neither a claim nor a pointer.
func Claim(name, first string, more ...string) Requirement {
	c := &claim{name, append([]string{first}, more...)}
	switch {
	case name == "" || strings.HasPrefix(name, "/") && !jsontext.Pointer(name).IsValid():
		panic(fmt.Sprintf("scopes: %q is neither a claim nor a JSON Pointer (RFC 6901)", name))
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

// mustSet makes a set of values of a kind that challenges list with spaces.
func mustSet(kind, first string, more []string) Set {
	names := append([]string{first}, more...)
	for _, name := range names {
		if !valid(name) {
			panic(fmt.Sprintf("scopes: %q is not %s: write printable ASCII without space, quote and backslash, one per argument", name, kind))
		}
	}
	return Of(names...)
}
