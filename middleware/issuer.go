package middleware

import (
	"net/http"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
)

// Profile is a set of rules for the format of an issuer's access tokens.
type Profile int

const (
	// ProfileAny accepts the formats that issuers use in practice: typ in the
	// header must be at+jwt, JWT, absent or one of Types. If typ is not at+jwt,
	// the claims are checked too. A token is refused if a claim identifies it
	// as an ID, refresh, offline, logout or security event token, or if it has
	// at_hash, c_hash or s_hash. A token with nonce, granted_scopes, or both
	// azp and auth_time must also have a claim that shows that it is an access
	// token: scope, scp, scopes, or a claim such as typ "Bearer". Other
	// ScopeClaims do not show this. Mark and Purpose change these rules.
	ProfileAny Profile = iota

	// RFC9068 accepts only tokens that follow the JWT profile for access tokens
	// exactly: typ must be at+jwt, and iss, exp, aud, sub, client_id, iat and
	// jti must be present (RFC 9068 §2, §4).
	RFC9068
)

// Purpose specifies whether an issuer's JWTs must be access tokens or ID
// tokens.
type Purpose int

const (
	// AccessTokens accepts access tokens, which are for APIs, and refuses ID
	// tokens.
	AccessTokens Purpose = iota

	// IDTokens accepts the issuer's ID tokens (OpenID Connect Core 1.0 §2),
	// which tell a client which user has logged in. Use it for callers that
	// have no access token, and for servers whose access tokens look like ID
	// tokens. A token is refused if a claim identifies it as an access, refresh
	// or logout token. Issuer.Audiences is required: it lists the clients whose
	// ID tokens are accepted.
	IDTokens
)

// OpaqueSyntax specifies which characters an opaque token may contain.
type OpaqueSyntax int

const (
	// B64Token allows the characters of RFC 6750 §2.1: letters, digits,
	// "-._~+/", and "=" at the end.
	B64Token OpaqueSyntax = iota

	// VSCHAR allows the printable ASCII characters of RFC 6749 §A.12, except
	// space, quote, comma, semicolon and backslash. Salesforce needs VSCHAR,
	// because its tokens contain "!".
	VSCHAR
)

// Issuer is one authorization server. Wherever a field contains the name of a
// claim, a name that begins with a slash is a JSON Pointer (RFC 6901), such as
// /realm_access/roles.
type Issuer struct {
	// URL is the issuer identifier. It is compared with the iss claim byte for
	// byte, including a trailing slash. URL must be https, or http on loopback.
	// If Keys, KeysURL, MetadataURL or MetadataIssuer is set, or
	// IntrospectionMode is IntrospectAll, nothing is fetched from URL. URL may
	// then be any printable ASCII string without spaces.
	URL string

	// Aliases are other accepted values of iss, compared byte for byte, such as
	// URL with a slash at the end. Token.Issuer is URL even if iss is an alias.
	Aliases []string

	// Tenants lists the accepted tenants as GUIDs in lower case. URL must then
	// contain {tenantid}, as in
	// "https://login.microsoftonline.com/{tenantid}/v2.0". The iss of a token
	// must be URL with {tenantid} replaced by one of Tenants, and the tid claim
	// must contain the same tenant. A key with the member "issuer" verifies
	// only tokens of the tenant in this member. The metadata at MetadataURL
	// must contain URL, including {tenantid}, as the issuer.
	Tenants []string

	// AnyTenant accepts every tenant; Tenants must then be empty. Anyone can
	// create a tenant, so the API must check Token.Issuer or the tid claim
	// itself.
	AnyTenant bool

	// SubjectPrefix assigns a JWT without iss to this issuer if sub begins with
	// this prefix, such as "spiffe://example.org/" (SPIFFE JWT-SVID §3). The
	// prefix must end in a slash. If a token of this issuer has iss, its sub
	// must also begin with the prefix. SubjectPrefix requires Keys or KeysURL.
	SubjectPrefix string

	// InsecureHTTP allows http for hosts other than loopback, for example
	// between containers. An attacker on the network can then forge tokens.
	InsecureHTTP bool

	// Audiences are the audiences accepted from this issuer, instead of
	// Config.Audience.
	Audiences []string

	// AudienceClaim is the claim that contains the audience; "" means aud. For
	// access tokens of Amazon Cognito, set AudienceClaim to client_id.
	AudienceClaim string

	// InsecureNoAudience accepts tokens for any audience. Any other API that
	// receives tokens of this issuer can then use these tokens to call this
	// API.
	InsecureNoAudience bool

	// Keys provides the keys that verify signatures. If Keys is nil and KeysURL
	// is "", the verifier discovers the keys from the issuer's metadata (OpenID
	// Connect Discovery 1.0 §4, RFC 8414 §3).
	Keys jwks.Source

	// KeysURL is the URL of the key set, for an issuer that has no metadata or
	// whose metadata must not be used. It must be https, or http on loopback.
	KeysURL string

	// KeyUse lists the accepted values of "use" in the key set, such as
	// "jwt-svid" (SPIFFE); nil accepts keys with "sig" and keys without "use".
	KeyUse []string

	// MetadataURL is the URL of the metadata; "" means the well-known URLs of
	// MetadataIssuer.
	MetadataURL string

	// MetadataIssuer is the issuer identifier that the metadata must contain,
	// compared byte for byte; "" means URL.
	MetadataIssuer string

	// Secrets verify HS256, HS384 and HS512, for an issuer that signs some
	// tokens with a secret and others with a private key. Secrets must be made
	// by [jwks.Secret]; nil means no secrets. A secret never verifies a
	// signature that needs a public key, and a public key never verifies a
	// signature that needs a secret (RFC 8725 §2.1).
	Secrets *jwks.Set

	// Client fetches the metadata and keys of this issuer; nil means
	// Config.Client. Set Client, for example, if these requests need a private
	// CA or credentials.
	Client *http.Client

	// Algorithms are the accepted signature algorithms; nil means RS256, RS384,
	// RS512, PS256, PS384, PS512, ES256, ES384, ES512 and EdDSA, and the
	// algorithms of Secrets. HS256, HS384 and HS512 require Secrets, or a
	// [jwks.Secret] as Keys, for which Algorithms is required; "none" is never
	// accepted.
	Algorithms []string

	// Profile specifies how strictly the format of tokens is checked.
	Profile Profile

	// Purpose specifies whether the issuer's JWTs must be access tokens or ID
	// tokens.
	Purpose Purpose

	// Types are further accepted values of typ in the header. Case and a
	// leading "application/" are ignored.
	Types []string

	// Mark is a claim that is present in every access token of the issuer and
	// in no other token of the issuer. It is either the name of the claim, such
	// as "nbf", or a name and a value, such as "typ=Bearer". Both are compared
	// byte for byte. A JWT is refused if the claim is absent, empty or not a
	// string. If Mark has no value, a number is also accepted. If Mark has a
	// value and the token is bound to a key, the value "DPoP" is also accepted.
	// If Mark is set, claims such as at_hash, c_hash, s_hash and nonce do not
	// cause a token to be refused as an ID token. If Purpose is IDTokens, Mark
	// is a claim that every ID token has. "" requires no claim.
	Mark string

	// ScopeClaims are the claims that may contain the scopes. Only the first
	// claim that is present is used, unless ScopeUnion is set. nil means
	// "scope", then "scp". The value must be a string of space-separated scopes
	// or an array of strings. null is treated as absent, and a value of another
	// type makes the token malformed. If a name in ScopeClaims has the prefix
	// "keys:", the claim must be an object, and the scopes are the names of its
	// members, except members that are null or false. Values that are not valid
	// scopes (RFC 6749 §3.3) are ignored; [scopes.Claim] can require them.
	ScopeClaims []string

	// ScopeUnion uses the scopes of all ScopeClaims that are present.
	ScopeUnion bool

	// ClientIDClaims are the claims that may contain the client ID.
	// Token.ClientID is the first of these claims that is a non-empty string.
	// nil means "client_id", then "azp"; an empty slice means that
	// Token.ClientID is always empty.
	ClientIDClaims []string

	// Introspection introspects tokens that are not JWTs and, depending on
	// IntrospectionMode, JWTs. Only one issuer may set Introspection, because
	// an opaque token does not name its issuer. nil refuses opaque tokens.
	Introspection *introspect.Client

	// IntrospectionMode specifies which tokens are introspected.
	IntrospectionMode IntrospectionMode

	// OpaqueSyntax specifies which characters opaque tokens may contain.
	OpaqueSyntax OpaqueSyntax

	// Fault is the error that a function of package issuers found in its
	// arguments, or nil. [NewVerifier] reports it.
	Fault error
}

const tenantID = "{tenantid}" // the placeholder in Microsoft's metadata

// isTemplate reports whether the issuer has tenants.
func (i Issuer) isTemplate() bool { return i.AnyTenant || len(i.Tenants) > 0 }
