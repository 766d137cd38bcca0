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
// well.
var (
	PublicAlgs = []Alg{ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384, PS512, EdDSA}
	Algs       = slices.Concat(PublicAlgs, []Alg{HS256, HS384, HS512})
)
