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
	// header must be at+jwt, JWT, absent or one of Types. Unless typ is at+jwt,
	// a token is refused if a claim marks it as an ID, refresh, offline, logout
	// or security event token. It is also refused if it has at_hash, c_hash or
	// s_hash. If it has nonce, granted_scopes, or both azp and auth_time, it is
	// accepted only if another claim shows that it is an access token: scope,
	// scp, scopes, or a claim such as typ "Bearer". Other ScopeClaims do not
	// show this. Mark and Purpose change these rules.
	ProfileAny Profile = iota

	// RFC9068 accepts only tokens that follow the JWT profile for access tokens
	// exactly: typ at+jwt, and iss, exp, aud, sub, client_id, iat and jti
	// present (RFC 9068 §2, §4).
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
	// tokens. Tokens that are marked as access, refresh or logout tokens are
	// refused. Issuer.Audiences is required: it lists the clients whose ID
	// tokens are accepted.
	IDTokens
)

// OpaqueSyntax specifies which characters an opaque token may have.
type OpaqueSyntax int

const (
	// B64Token allows the characters of RFC 6750 §2.1: letters, digits,
	// "-._~+/", and "=" at the end.
	B64Token OpaqueSyntax = iota

	// VSCHAR allows the printable ASCII characters of RFC 6749 §A.12, except
	// space, quote, comma, semicolon and backslash. Tokens of Salesforce need
	// it, because they contain "!".
	VSCHAR
)

// Issuer is one authorization server. Wherever a field contains the name of a
// claim, a name that begins with a slash is a JSON Pointer (RFC 6901), such as
// /realm_access/roles.
type Issuer struct {
	// URL is the issuer identifier, compared with the iss claim byte for byte.
	// A trailing slash matters. URL must be https, or http on loopback. If
	// Keys, KeysURL, MetadataURL, MetadataIssuer or IntrospectAll is set,
	// nothing is fetched from URL, and URL may be any printable ASCII string
	// without spaces.
	URL string

	// Aliases are other accepted values of iss, compared byte for byte, such as
	// URL with a slash at the end. For a token with an alias as iss,
	// Token.Issuer is still URL.
	Aliases []string

	// Tenants are the accepted tenants, as GUIDs in lower case, if URL contains
	// {tenantid}, as in "https://login.microsoftonline.com/{tenantid}/v2.0".
	// The iss of a token must be URL with {tenantid} replaced by one of
	// Tenants, and the tid claim must name the same tenant. A key with the
	// member "issuer" verifies only tokens of the tenant that the member names.
	// The issuer in the metadata, at MetadataURL, must equal URL, including
	// {tenantid}.
	Tenants []string

	// AnyTenant accepts every tenant; Tenants must then be empty. Anyone can
	// create a tenant, so the API must check Token.Issuer or the tid claim
	// itself.
	AnyTenant bool

	// SubjectPrefix assigns a JWT without iss to this issuer if sub begins with
	// this prefix, such as "spiffe://example.org/" (SPIFFE JWT-SVID §3). The
	// prefix must end in a slash. In a token with iss, sub must also begin with
	// the prefix. SubjectPrefix requires Keys or KeysURL.
	SubjectPrefix string

	// InsecureHTTP allows http beyond loopback, for example between containers.
	// An attacker on the network can then forge tokens.
	InsecureHTTP bool

	// Audiences are the audiences accepted from this issuer, instead of
	// Config.Audience.
	Audiences []string

	// AudienceClaim is the claim that names the audience; "" means aud. For
	// access tokens of Amazon Cognito it is client_id.
	AudienceClaim string

	// InsecureNoAudience accepts tokens for any audience. The operator of any
	// other API that uses this issuer can then send the tokens of its callers
	// to this API.
	InsecureNoAudience bool

	// Keys provides the keys that verify signatures. If Keys is nil, the
	// verifier discovers the keys from the issuer's metadata (OpenID Connect
	// Discovery 1.0 §4, RFC 8414 §3).
	Keys jwks.Source

	// KeysURL is the URL of the key set, for an issuer that has no metadata or
	// whose metadata must not be used. It must be https, or http on loopback.
	KeysURL string

	// KeyUse lists the accepted values of "use" in the key set, such as
	// "jwt-svid" (SPIFFE); nil accepts keys with "sig" and keys without "use".
	KeyUse []string

	// MetadataURL is the URL of the metadata; "" means a well-known location of
	// MetadataIssuer.
	MetadataURL string

	// MetadataIssuer is the issuer that the metadata must name, compared byte
	// for byte; "" means URL.
	MetadataIssuer string

	// Secrets, made by [jwks.Secret], verify HS256, HS384 and HS512 for an
	// issuer that also signs with private keys; nil means no secrets. A secret
	// never verifies a signature that needs a public key, and a public key
	// never verifies a signature that needs a secret (RFC 8725 §2.1).
	Secrets *jwks.Set

	// Client fetches the metadata and keys of this issuer, for example with a
	// private CA or credentials; nil means Config.Client.
	Client *http.Client

	// Algorithms are the accepted signature algorithms; nil means RS256, RS384,
	// RS512, PS256, PS384, PS512, ES256, ES384, ES512 and EdDSA, and the
	// algorithms of Secrets. HS256, HS384 and HS512 require Secrets, or a
	// [jwks.Secret] as Keys; "none" is never accepted.
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
	// in no other token of the issuer. It consists of the claim's name, such as
	// "nbf", or of a name and a value, such as "typ=Bearer"; both are compared
	// byte for byte. A JWT is refused if the claim is absent, empty or not a
	// string. If Mark has no value, the claim may also be a number. If Mark is
	// set, a token is not refused as an ID token because of claims such as
	// at_hash, c_hash, s_hash and nonce. Under IDTokens, Mark is a claim that
	// every ID token has. "" requires no claim.
	Mark string

	// ScopeClaims are the claims that may contain the scopes. Only the first
	// claim that is present is used, unless ScopeUnion is set. nil means
	// "scope", then "scp". The value must be a string of space-separated scopes
	// or an array of strings. null is treated as absent, and a value of another
	// type makes the token malformed. If the name of a claim is listed with the
	// prefix "keys:", the claim must be an object, and the scopes are the names
	// of its members, except members that are null or false. Values that are
	// not scopes (RFC 6749 §3.3) are left out; [scopes.Claim] can require them.
	ScopeClaims []string

	// ScopeUnion takes the scopes from all ScopeClaims that are present.
	ScopeUnion bool

	// ClientIDClaims are the claims that may name the client, for
	// Token.ClientID. The first claim that is a non-empty string is used. nil
	// means "client_id", then "azp"; an empty slice means that Token.ClientID
	// is always empty.
	ClientIDClaims []string

	// Introspection introspects tokens that are not JWTs and, depending on
	// IntrospectionMode, JWTs. Only one issuer may set Introspection, because
	// an opaque token does not name its issuer. nil refuses opaque tokens.
	Introspection *introspect.Client

	// IntrospectionMode specifies which tokens are introspected.
	IntrospectionMode IntrospectionMode

	// OpaqueSyntax specifies which characters opaque tokens may have.
	OpaqueSyntax OpaqueSyntax

	// Fault is the error that a function of package issuers found in its
	// arguments, or nil. [NewVerifier] reports it.
	Fault error
}

const tenantID = "{tenantid}" // the placeholder in Microsoft's metadata

// isTemplate reports whether the issuer has tenants.
func (i Issuer) isTemplate() bool { return i.AnyTenant || len(i.Tenants) > 0 }
