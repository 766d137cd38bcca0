package middleware

import (
	"net/http"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
)

// Profile is a set of rules for the format of an issuer's access tokens.
type Profile int

const (
	// ProfileAny accepts what issuers use in practice: the header's typ is
	// at+jwt, JWT, absent or one of Types. Unless it is at+jwt, a token is
	// refused if a claim marks it as an ID, refresh, offline, logout or
	// security event token. It is also refused if it has at_hash, c_hash or
	// s_hash, or if it has nonce, granted_scopes, or azp with auth_time, but no
	// sign of an access token (scope, scp, scopes, or a claim such as typ
	// "Bearer"). ScopeClaims do not count as such a sign. Mark and Purpose
	// change these rules.
	ProfileAny Profile = iota

	// RFC9068 accepts only tokens that follow the JWT profile for access tokens
	// exactly: typ at+jwt, and iss, exp, aud, sub, client_id, iat and jti
	// present (RFC 9068 §2, §4).
	RFC9068
)

// Purpose is what the JWTs of an issuer are for.
type Purpose int

const (
	// AccessTokens are for APIs. ID tokens are refused.
	AccessTokens Purpose = iota

	// IDTokens accepts the issuer's ID tokens (OpenID Connect Core 1.0 §2),
	// which prove to a client who has logged in. It is for callers that have no
	// access token, and for servers whose access tokens look like ID tokens.
	// Tokens that are marked as access, refresh or logout tokens are refused.
	// Issuer.Audiences names the clients, and is required.
	IDTokens
)

// OpaqueSyntax specifies which characters an opaque token may have.
type OpaqueSyntax int

const (
	// B64Token is what RFC 6750 §2.1 allows: letters, digits, "-._~+/", and "="
	// at the end.
	B64Token OpaqueSyntax = iota

	// VSCHAR is what RFC 6749 §A.12 allows, the printable ASCII characters,
	// except for space, quote, comma, semicolon and backslash. Tokens of
	// Salesforce contain "!".
	VSCHAR
)

// Issuer is one authorization server. Names of claims that begin with a slash
// are JSON Pointers (RFC 6901), such as /realm_access/roles.
type Issuer struct {
	// URL is its issuer identifier, compared with the iss claim byte for byte.
	// A trailing slash matters. It is an https URL, or http on loopback. With
	// Keys, KeysURL, MetadataURL, MetadataIssuer or IntrospectAll, nothing is
	// fetched from it, and it may be any printable ASCII text without spaces.
	URL string

	// Aliases are other accepted values of iss, compared byte for byte.
	// Token.Issuer is still URL.
	Aliases []string

	// Tenants are the accepted tenants, GUIDs in lower case, of a URL with
	// {tenantid} in it, such as
	// "https://login.microsoftonline.com/{tenantid}/v2.0". The iss of a token
	// is the URL with one of them in that place, and tid is the same. A key
	// with the member "issuer" verifies only the tokens of that tenant. The
	// issuer in the metadata, at MetadataURL, must be URL as it is written
	// here.
	Tenants []string

	// AnyTenant accepts every tenant, instead of Tenants. Anyone can create a
	// tenant, so the API must check Token.Issuer or the tid claim itself.
	AnyTenant bool

	// SubjectPrefix assigns a JWT without iss to this issuer, if its sub begins
	// with this text: "spiffe://example.org/", with a slash at the end (SPIFFE
	// JWT-SVID §3). A token with iss needs such a sub too. It needs Keys or
	// KeysURL.
	SubjectPrefix string

	// InsecureHTTP allows http beyond loopback, between containers for example.
	// An attacker on the network can then forge tokens.
	InsecureHTTP bool

	// Audiences are the audiences accepted from this issuer, instead of
	// Config.Audience.
	Audiences []string

	// AudienceClaim is the claim that names the audience; "" is aud. Access
	// tokens of Amazon Cognito have client_id instead.
	AudienceClaim string

	// InsecureNoAudience accepts tokens for any audience: the operator of
	// another API of this issuer can replay the tokens that it receives.
	InsecureNoAudience bool

	// Keys verify the signatures; nil discovers them from the issuer's metadata
	// (OpenID Connect Discovery 1.0 §4, RFC 8414 §3).
	Keys jwks.Source

	// KeysURL is the URL of the key set, for an issuer without metadata, or
	// whose metadata is not to be used. It is an https URL, or http on
	// loopback.
	KeysURL string

	// KeyUse are the accepted values of use in the key set, such as "jwt-svid"
	// (SPIFFE); nil is "sig" or absent.
	KeyUse []string

	// MetadataURL is the URL of the metadata; "" means a well-known location of
	// MetadataIssuer.
	MetadataURL string

	// MetadataIssuer is the issuer that the metadata names, byte for byte; ""
	// is URL.
	MetadataIssuer string

	// Secrets, made by [jwks.Secret], verify HS256, HS384 and HS512 for an
	// issuer that also signs with private keys; nil means none. A secret never
	// verifies what a public key should, nor a public key what a secret should
	// (RFC 8725 §2.1).
	Secrets *jwks.Set

	// Client fetches the metadata and keys of this issuer, for example with a
	// private CA or credentials; nil is Config.Client.
	Client *http.Client

	// Algorithms are the accepted signature algorithms; nil is RS256, RS384,
	// RS512, PS256, PS384, PS512, ES256, ES384, ES512 and EdDSA, and those of
	// Secrets. HS256, HS384 and HS512 need Secrets, or Keys to be a
	// [jwks.Secret]; "none" is never accepted.
	Algorithms []string

	// Profile specifies how strictly the token's form is checked.
	Profile Profile

	// Purpose specifies whether its JWTs are access tokens or ID tokens.
	Purpose Purpose

	// Types are further accepted values of typ in the header, compared without
	// regard to case and a leading "application/".
	Types []string

	// Mark is a claim that every access token of the issuer has, and no other
	// token of the issuer: the name of the claim, or its name and text, such as
	// "typ=Bearer". Both are compared byte for byte. A JWT is refused if the
	// claim is absent, empty or not a string. If Mark has no text, the claim
	// may also be a number, such as nbf. With Mark, claims such as at_hash,
	// c_hash, s_hash and nonce do not make a token an ID token. Under IDTokens
	// it is a claim that every ID token has. "" requires no claim.
	Mark string

	// ScopeClaims are the claims that may hold the scopes. The first one
	// present counts, or all with ScopeUnion. nil is "scope", then "scp". The
	// value is a string of space-separated scopes or an array of strings. null
	// counts as absent, and a value of another type makes the token malformed.
	// "keys:" before a name takes the names of the members of an object, except
	// those that are null or false. Values that are not scopes (RFC 6749 §3.3)
	// are left out; [scopes.Claim] can require them.
	ScopeClaims []string

	// ScopeUnion takes the scopes from all ScopeClaims that are present.
	ScopeUnion bool

	// ClientIDClaims are the claims that may name the client, for
	// Token.ClientID. The first that is a non-empty string counts. nil means
	// "client_id", then "azp"; an empty slice means none.
	ClientIDClaims []string

	// Introspection introspects tokens that are not JWTs, and in other modes
	// JWTs. At most one issuer may have it: an opaque token does not name its
	// issuer. nil refuses opaque tokens.
	Introspection *introspect.Client

	// IntrospectionMode specifies which tokens are introspected.
	IntrospectionMode IntrospectionMode

	// OpaqueSyntax specifies which characters opaque tokens may have.
	OpaqueSyntax OpaqueSyntax

	// Fault is an error in the arguments of the function that made the issuer,
	// or nil: see package issuers. [NewVerifier] reports it.
	Fault error
}

const tenantID = "{tenantid}" // as Microsoft writes it

// isTemplate reports whether the issuer has tenants.
func (i Issuer) isTemplate() bool { return i.AnyTenant || len(i.Tenants) > 0 }
