package catalogue

import "slices"

// Alg is the name of a JWS algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
type Alg string

// The algorithms that the server signs with.
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

// PublicAlgs sign with keys that the server publishes, and Algs with secrets as
// well. AssertionAlgs are those that clients may sign with: Ed25519 is what EdDSA
// is called since RFC 9864 (§2.2).
var (
	PublicAlgs    = []Alg{ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384, PS512, EdDSA}
	Algs          = slices.Concat(PublicAlgs, []Alg{HS256, HS384, HS512})
	AssertionAlgs = slices.Concat(PublicAlgs, []Alg{"Ed25519"})
)

// ClientAlgs are the algorithms of one client, "" for the default. Its metadata
// names them as the tags do.
type ClientAlgs struct {
	// IDToken signs its ID tokens (OpenID Connect Dynamic Client Registration 1.0
	// §2). The default is the server's own algorithm, and RS256 for a client that
	// registers itself.
	IDToken Alg `json:"id_token_signed_response_alg,omitzero"`

	// UserInfo signs what the UserInfo endpoint tells it, as a JWT (§2). By default
	// that is JSON, and not signed.
	UserInfo Alg `json:"userinfo_signed_response_alg,omitzero"`

	// Introspection signs the answers of the introspection endpoint that it asks to
	// be signed. The default is RS256 (RFC 9701 §6).
	Introspection Alg `json:"introspection_signed_response_alg,omitzero"`

	// Assertion is what the client signs its assertions with (OpenID Connect Dynamic
	// Client Registration 1.0 §2). By default it is any that the server knows.
	Assertion Alg `json:"token_endpoint_auth_signing_alg,omitzero"`
}

// Signs are the algorithms that the server needs keys for.
func (a ClientAlgs) Signs() []Alg {
	return slices.DeleteFunc([]Alg{a.IDToken, a.UserInfo, a.Introspection}, func(alg Alg) bool { return alg == "" })
}

// Known reports whether all of them are such that keys are published for, so that
// everybody can verify what they sign.
func (a ClientAlgs) Known() bool {
	return !slices.ContainsFunc(a.Signs(), func(alg Alg) bool { return !slices.Contains(PublicAlgs, alg) }) &&
		(a.Assertion == "" || slices.Contains(AssertionAlgs, a.Assertion))
}
