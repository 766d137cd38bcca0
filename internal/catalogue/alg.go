package catalogue

import (
	"fmt"
	"slices"
	"strings"
)

// Alg is the name of a JWS algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
type Alg string

// The algorithms that the server can sign with.
const (
	ES256 Alg = "ES256"
	ES384 Alg = "ES384"
	ES512 Alg = "ES512"
	RS256 Alg = "RS256"
	RS384 Alg = "RS384"
	RS512 Alg = "RS512"
	PS256 Alg = "PS256"
	PS384 Alg = "PS384"
	PS512 Alg = "PS512"
	EdDSA Alg = "EdDSA"
	HS256 Alg = "HS256"
	HS384 Alg = "HS384"
	HS512 Alg = "HS512"
)

// Ed25519 is EdDSA with the curve Ed25519 (RFC 9864 §2.2). Clients may sign
// assertions with it.
const Ed25519 Alg = "Ed25519"

// PublicAlgs are the algorithms whose keys the server publishes. Algs contains
// PublicAlgs and the algorithms that use shared secrets. AssertionAlgs are the
// algorithms that clients may sign with.
var (
	PublicAlgs    = []Alg{ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384, PS512, EdDSA}
	Algs          = slices.Concat(PublicAlgs, []Alg{HS256, HS384, HS512})
	AssertionAlgs = slices.Concat(PublicAlgs, []Alg{Ed25519})
)

// PrivateMembers lists the members of JWKs that only private and symmetric keys
// have (RFC 7518 §6).
var PrivateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

// ClientAlgs contains the signing algorithms of one client. A field that is ""
// means the default in [ClientAlgs.Fields].
type ClientAlgs struct {
	IDToken       Alg `json:"id_token_signed_response_alg,omitzero"`
	UserInfo      Alg `json:"userinfo_signed_response_alg,omitzero"`
	Introspection Alg `json:"introspection_signed_response_alg,omitzero"`
	Assertion     Alg `json:"token_endpoint_auth_signing_alg,omitzero"`
}

// ClientAlg describes one field of [ClientAlgs].
type ClientAlg struct {
	Member, Flag, Field string // names in client metadata, on the command line and in Go
	About, Default      string
	Alg                 *Alg
	Allowed             []Alg
}

// Fields returns a description of each field (OpenID Connect Dynamic
// Client Registration 1.0 §2, RFC 9701 §6).
func (a *ClientAlgs) Fields() []ClientAlg {
	return []ClientAlg{
		{"id_token_signed_response_alg", "id-token-alg", "IDToken", "its ID tokens", "the algorithm of access tokens, or RS256 for a client that registers itself", &a.IDToken, PublicAlgs},
		{"userinfo_signed_response_alg", "userinfo-alg", "UserInfo", "UserInfo responses", "unsigned JSON", &a.UserInfo, PublicAlgs},
		{"introspection_signed_response_alg", "introspection-alg", "Introspection", "introspection responses (RFC 9701), if it accepts JWTs", "RS256", &a.Introspection, PublicAlgs},
		{"token_endpoint_auth_signing_alg", "assertion-alg", "Assertion", "assertions of the client", "any", &a.Assertion, AssertionAlgs},
	}
}

// Signing returns the algorithms with which the server signs for this client.
// The server needs a key for each algorithm. The result leaves out fields that
// are "".
func (a ClientAlgs) Signing() []Alg {
	return slices.DeleteFunc([]Alg{a.IDToken, a.UserInfo, a.Introspection}, func(alg Alg) bool { return alg == "" })
}

// Check returns an error for the first algorithm that is not allowed. The error
// calls the field by the name that nameOf returns.
func (a ClientAlgs) Check(nameOf func(ClientAlg) string) error {
	for _, f := range a.Fields() {
		if *f.Alg != "" && !slices.Contains(f.Allowed, *f.Alg) {
			return fmt.Errorf("%s: %q is not supported: give one of %s", nameOf(f), string(*f.Alg), strings.Join(Names(f.Allowed), ", "))
		}
	}
	return nil
}
