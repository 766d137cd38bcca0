package scopes_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/bearerguard/bearerguard/scopes"
)

func ExampleParse() {
	granted := scopes.Parse("orders:read  orders:write orders:read")

	fmt.Println(granted.Len(), granted)
	fmt.Println(granted.Has("orders:read"), granted.Has("orders"), granted.Has("ORDERS:READ"))
	// Output:
	// 2 orders:read orders:write
	// true false false
}

func ExampleSet_All() {
	for name := range scopes.Of("orders:write", "orders:read").All() {
		fmt.Println(name)
	}
	// Output:
	// orders:write
	// orders:read
}

func ExampleAll() {
	need := scopes.All("orders:read", "orders:write")

	shortfall := need.Unmet(scopes.Evidence{Scopes: scopes.Parse("orders:read")})
	fmt.Println("the challenge names:", shortfall.Scopes)

	fmt.Println(need.Unmet(scopes.Evidence{Scopes: scopes.Parse("orders:write orders:read")}) == nil)
	// Output:
	// the challenge names: orders:read orders:write
	// true
}

func ExampleAny() {
	need := scopes.Any("orders:write", "admin")

	fmt.Println(need.Unmet(scopes.Evidence{Scopes: scopes.Parse("admin")}) == nil)

	shortfall := need.Unmet(scopes.Evidence{Scopes: scopes.Parse("orders:read")})
	fmt.Println("the challenge names:", shortfall.Scopes)
	// Output:
	// true
	// the challenge names: orders:write
}

func ExampleOneOf() {
	need := scopes.OneOf(scopes.All("pay", "eu"), scopes.All("admin"))

	for _, granted := range []string{"pay eu", "admin", "pay"} {
		fmt.Printf("%s: %v\n", granted, need.Unmet(scopes.Evidence{Scopes: scopes.Parse(granted)}) == nil)
	}
	// Output:
	// pay eu: true
	// admin: true
	// pay: false
}

// plan is a custom requirement. It is met by tokens of customers who pay for
// the plan.
type plan string

func (p plan) Unmet(e scopes.Evidence) *scopes.Shortfall {
	if e.Claim != nil {
		if got, ok := e.Claim("/account/plan"); ok && got == string(p) {
			return nil
		}
	}
	return &scopes.Shortfall{}
}

func ExampleRequirement() {
	need := scopes.OneOf(plan("gold"), scopes.All("admin"))

	// A verifier fills in the Evidence from the token.
	evidence := scopes.Evidence{
		Scopes: scopes.Parse("orders:read"),
		Claim: func(pointer string) (any, bool) {
			claims := map[string]any{"/account/plan": "gold"}
			value, ok := claims[pointer]
			return value, ok
		},
	}
	fmt.Println(need.Unmet(evidence) == nil)
	fmt.Println(need.Unmet(scopes.Evidence{}) == nil) // no token yet
	// Output:
	// true
	// false
}

func ExampleSet_MarshalText() {
	text, err := json.Marshal(map[string]scopes.Set{"scope": scopes.Of("orders:read", "orders:write")})
	fmt.Println(string(text), err)
	// Output: {"scope":"orders:read orders:write"} <nil>
}

func ExampleClaim() {
	need := scopes.Claim("/realm_access/roles", "Task Reader")
	token := map[string]any{"/realm_access/roles": []any{"user", "Task Reader"}} // a verifier looks up the claim in the token
	evidence := scopes.Evidence{Claim: func(pointer string) (any, bool) {
		held, ok := token[pointer]
		return held, ok
	}}
	fmt.Println(need.Unmet(evidence) == nil)
	delete(token, "/realm_access/roles")
	fmt.Println(need.Unmet(evidence) == nil)
	// Output:
	// true
	// false
}

func ExampleACR() {
	need := scopes.ACR("urn:example:hardware-key", "urn:example:mfa")

	fmt.Println(need.Unmet(scopes.Evidence{ACR: "urn:example:mfa"}) == nil)

	shortfall := need.Unmet(scopes.Evidence{ACR: "urn:example:password"})
	fmt.Println("the challenge names:", shortfall.ACR)
	// Output:
	// true
	// the challenge names: [urn:example:hardware-key urn:example:mfa]
}

func ExampleAuthWithin() {
	need := scopes.AuthWithin(5 * time.Minute)
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

	fmt.Println(need.Unmet(scopes.Evidence{AuthTime: noon, Now: noon.Add(time.Minute)}) == nil)

	shortfall := need.Unmet(scopes.Evidence{AuthTime: noon, Now: noon.Add(time.Hour)})
	fmt.Println("the challenge names:", shortfall.MaxAge)
	// Output:
	// true
	// the challenge names: 5m0s
}
