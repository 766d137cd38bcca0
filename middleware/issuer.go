package middleware

import (
	"net/http"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
)

// Profile is a set of rules on how an issuer writes its access tokens.
type Profile int

const (
	// ProfileAny accepts what issuers in the field write: the header's typ is
	// at+jwt, JWT or absent. Unless it is at+jwt, a token is refused if a claim says
	// that it is an ID, refresh, offline, logout or security event token; if it has
	// at_hash, c_hash or s_hash; or if it has nonce, granted_scopes, or azp with
	// auth_time, and no sign of an access token (scope, scp, scopes, or a claim such
	// as typ "Bearer"). ScopeClaims do not count as such a sign.
	ProfileAny Profile = iota

	// RFC9068 accepts tokens of the JWT profile for access tokens to the
	// letter: typ at+jwt, and iss, exp, aud, sub, client_id, iat and jti
	// present (RFC 9068 §2, §4).
	RFC9068
)

// Purpose is what the JWTs of an issuer are for.
type Purpose int

const (
	// AccessTokens are for APIs. ID tokens are refused.
	AccessTokens Purpose = iota

	// IDTokens accepts the issuer's ID tokens (OpenID Connect Core 1.0 §2), which
	// are meant for a client and prove to it who has logged in: for callers that
	// have nothing else, and servers whose access tokens are alike. Tokens that say
	// that they are access, refresh or logout tokens are refused. Audiences names
	// the clients.
	IDTokens
)

// OpaqueSyntax is which characters an opaque token may have.
type OpaqueSyntax int

const (
	// B64Token is what RFC 6750 §2.1 allows: letters, digits, "-._~+/", and "=" at
	// the end.
	B64Token OpaqueSyntax = iota

	// VSCHAR is what RFC 6749 §A.12 allows, the printable ASCII characters, except
	// space, quote, comma, semicolon and backslash. Salesforce has "!".
	VSCHAR
)

// Issuer is one authorization server. Names of claims that begin with a slash
// are JSON Pointers (RFC 6901), such as /realm_access/roles.
type Issuer struct {
	// URL is its issuer identifier, compared with the iss claim byte for byte;
	// mind a slash at the end. It is an https URL, or http on loopback; or any
	// printable ASCII text without spaces if nothing is fetched by it, because of
	// Keys, MetadataURL, MetadataIssuer or IntrospectAll.
	URL string

	// Aliases are other texts that iss may be, byte for byte. The Issuer of such a
	// token is URL.
	Aliases []string

	// Tenants are the tenants of a URL with {tenantid} in it, such as
	// "https://login.microsoftonline.com/{tenantid}/v2.0": lower-case GUIDs. The iss
	// of a token is the URL with one of them, and tid is the same. AnyTenant accepts
	// every tenant there is: it is for the API to ask whether it knows the tenant. A key
	// with the member "issuer" verifies only the tokens of that one. The metadata of all
	// tenants, at MetadataURL, names URL as it is.
	Tenants   []string
	AnyTenant bool

	// SubjectPrefix makes a JWT without iss one of this issuer's, if its sub begins
	// so: "spiffe://example.org/", with a slash at the end (SPIFFE JWT-SVID §3).
	// It needs Keys.
	SubjectPrefix string

	// InsecureHTTP allows http elsewhere, between containers for example.
	// Whoever sits on the network between can then forge tokens.
	InsecureHTTP bool

	// Audiences are the audiences accepted from this issuer, instead of
	// Config.Audience.
	Audiences []string

	// AudienceClaim is the claim that names the audience; "" is aud. Access
	// tokens of Amazon Cognito have client_id instead.
	AudienceClaim string

	// InsecureNoAudience accepts tokens for any audience: whoever runs another
	// API of this issuer can replay the tokens it receives here.
	InsecureNoAudience bool

	// Keys verify the signatures; nil discovers them from the metadata of
	// MetadataIssuer, "" for URL, which is at MetadataURL, "" for a well-known
	// location of that issuer.
	Keys                        jwks.Source
	MetadataURL, MetadataIssuer string

	// Secrets, made by [jwks.Secret], verify HS256, HS384 and HS512 for an issuer
	// that signs with public keys as well. Neither ever verifies in the place of
	// the other (RFC 8725 §2.1).
	Secrets *jwks.Set

	// Client fetches the metadata and keys of this issuer, instead of Config.Client:
	// with a private CA, or credentials.
	Client *http.Client

	// Algorithms are the accepted signature algorithms; nil is RS256, RS384,
	// RS512, PS256, PS384, PS512, ES256, ES384, ES512 and EdDSA, and those of Secrets. HS256, HS384
	// and HS512 need Secrets, or Keys to be a [jwks.Secret]; "none" is never accepted.
	Algorithms []string

	// Profile is how strictly the token's form is taken.
	Profile Profile

	// Purpose is what its JWTs are for.
	Purpose Purpose

	// Types are further values of typ in the header, without regard to case and
	// "application/".
	Types []string

	// Mark is what every access token of the issuer carries, and no other token of
	// it: a claim, or a claim and its text, such as "typ=Bearer". A JWT without it is
	// refused. With it, hashes and nonce do not make one an ID token.
	Mark string

	// ScopeClaims are the claims that may hold the scopes; the first one present
	// counts, or all with ScopeUnion. nil is "scope", then "scp". The value is a
	// string of space-separated scopes or an array of strings; null counts as
	// absent. "keys:" before a name takes the names of the members of an object, except
	// those that are null or false. Values that are not scopes (RFC 6749 §3.3) are left out; for those
	// there is [scopes.Claim].
	ScopeClaims []string
	ScopeUnion  bool

	// ClientIDClaims are the claims that may name the client, for Token.ClientID;
	// the first that is a text, and not empty, counts. nil is "client_id", then
	// "azp"; an empty slice is none.
	ClientIDClaims []string

	// Introspection asks about tokens that are not JWTs, and in other modes about
	// JWTs. One issuer at most may have it: an opaque token does not say whose it
	// is. nil refuses opaque tokens.
	Introspection *introspect.Client

	// IntrospectionMode says which tokens it is asked about.
	IntrospectionMode IntrospectionMode

	// OpaqueSyntax is which characters those tokens may have.
	OpaqueSyntax OpaqueSyntax
}

const tenantID = "{tenantid}" // as Microsoft writes it

// isTemplate reports whether the issuer has tenants.
func (i Issuer) isTemplate() bool { return i.AnyTenant || len(i.Tenants) > 0 }
