package settings

import "slices"

// The names that values are chosen from, as they are in the protocol
// and in package testserver.
var (
	algs = []string{
		"ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA", "HS256", "HS384", "HS512",
	}
	formats = []string{"jwt", "opaque"}
	grants  = []string{
		"authorization_code", "client_credentials", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code",
		"urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:grant-type:jwt-bearer",
	}
	authMethods = []string{"client_secret_basic", "client_secret_post", "private_key_jwt", "none"}
	keyTypes    = []string{"EC", "RSA", "OKP", "oct"}

	endpoints = []string{
		"discovery", "as_metadata", "jwks", "authorize", "token", "introspect", "revoke", "userinfo", "end_session",
		"device_authorization", "par",
	}
	// Pages come and go with the endpoints that need them, but can fail alone.
	faultEndpoints = append(slices.Clone(endpoints), "register", "login", "consent", "device", "any")

	// What a redirect must never lead to: a browser runs or shows it.
	noPlaces = []string{"javascript", "data", "vbscript", "file", "blob", "about"}
	// The members of private and symmetric keys (RFC 7518 §6).
	privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
)
