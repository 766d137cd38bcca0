// Package catalogue lists the endpoints, grants, authentication methods,
// algorithms and defects of the mock authorization server. The names are those
// in the server's metadata, configuration, control API and command line. Other
// packages use these lists and do not copy them. The package contains only
// data, the types that describe the data, and functions that read it.
package catalogue

// Names converts a list of names to strings.
func Names[T ~string](list []T) []string {
	names := make([]string, len(list))
	for i, name := range list {
		names[i] = string(name)
	}
	return names
}

// Grant is a grant type (RFC 6749 §1.3), the value of grant_type.
type Grant string

// These are the supported grants. The implicit and password grants are
// deliberately absent (RFC 9700 §2.1.2, §2.4).
const (
	AuthorizationCode Grant = "authorization_code"                              // RFC 6749 §4.1, RFC 7636
	ClientCredentials Grant = "client_credentials"                              // RFC 6749 §4.4
	RefreshToken      Grant = "refresh_token"                                   // RFC 6749 §6
	DeviceCode        Grant = "urn:ietf:params:oauth:grant-type:device_code"    // RFC 8628
	TokenExchange     Grant = "urn:ietf:params:oauth:grant-type:token-exchange" //nolint:gosec // RFC 8693: a name, not a credential
	JWTBearer         Grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"     //nolint:gosec // RFC 7523 §2.1: a name, not a credential
)

// Grants lists all grants.
var Grants = []Grant{AuthorizationCode, ClientCredentials, RefreshToken, DeviceCode, TokenExchange, JWTBearer}

// AuthMethod is a method of client authentication (RFC 6749 §2.3), the value of
// token_endpoint_auth_method (RFC 7591 §2).
type AuthMethod string

// The authentication methods.
const (
	ClientSecretBasic AuthMethod = "client_secret_basic"
	ClientSecretPost  AuthMethod = "client_secret_post"
	PrivateKeyJWT     AuthMethod = "private_key_jwt"             // RFC 7523, OpenID Connect Core 1.0 §9
	TLSClientAuth     AuthMethod = "tls_client_auth"             // RFC 8705 §2.1
	SelfSignedTLS     AuthMethod = "self_signed_tls_client_auth" // RFC 8705 §2.2
	NoAuth            AuthMethod = "none"
)

// AuthMethods lists all authentication methods.
var AuthMethods = []AuthMethod{ClientSecretBasic, ClientSecretPost, PrivateKeyJWT, TLSClientAuth, SelfSignedTLS, NoAuth}

// ByCertificate reports whether a client authenticates with its TLS certificate
// (RFC 8705 §2).
func (m AuthMethod) ByCertificate() bool { return m == TLSClientAuth || m == SelfSignedTLS }
