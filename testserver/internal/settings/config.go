package settings

import (
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Config is the content of a configuration file. If a setting is absent from
// the file, the field for it is zero or nil. The server then takes the setting
// from another source or uses the default.
type Config struct {
	Schema string `json:"$schema,omitzero"` // for editors; ignored

	Issuer      string                      `json:"issuer,omitzero"`
	Like        string                      `json:"like,omitzero"` // the name of the provider to imitate
	Signing     Signing                     `json:"signing,omitzero"`
	Access      Access                      `json:"access,omitzero"`
	Refresh     Refresh                     `json:"refresh,omitzero"`
	Clients     []Client                    `json:"clients,omitzero"`
	Users       []User                      `json:"users,omitzero"`
	Scopes      []string                    `json:"scopes,omitzero"`             // empty: any scope
	ScopeTexts  map[string]string           `json:"scope_descriptions,omitzero"` // by scope
	Resources   []string                    `json:"resources,omitzero"`          // empty: any resource
	DetailTypes []string                    `json:"authorization_detail_types,omitzero"`
	Rules       []Rule                      `json:"rules,omitzero"`
	Faults      []Fault                     `json:"faults,omitzero"`
	Endpoints   map[catalogue.Endpoint]bool `json:"endpoints,omitzero"` // false: not served
	Interactive *bool                       `json:"interactive,omitzero"`
	TLS         *bool                       `json:"tls,omitzero"`
	Seed        Secret                      `json:"seed,omitzero"` // generated keys are derived from it, except the RSA keys that are embedded in the program

	Registration *bool `json:"registration,omitzero"` // allow dynamic registration

	DPoPNonces *bool `json:"dpop_nonces,omitzero"` // DPoP proofs must have a nonce

	CORS []string `json:"cors,omitzero"` // origins whose scripts may call the server, in addition to loopback origins
}

// Signing configures how tokens are signed.
type Signing struct {
	Alg  catalogue.Alg `json:"alg,omitzero"`
	Keys []JWK         `json:"keys,omitzero"` // private or symmetric keys
}

// Access configures access tokens.
type Access struct {
	TTL      Duration `json:"ttl,omitzero"`
	Format   string   `json:"format,omitzero"` // "jwt" or "opaque"
	Audience []string `json:"audience,omitzero"`
}

// Refresh configures refresh tokens.
type Refresh struct {
	TTL   Duration  `json:"ttl,omitzero"`
	Grace *Duration `json:"grace,omitzero"`
}

// Client is a client to register.
type Client struct {
	ID           string               `json:"id"`
	Secret       Secret               `json:"secret,omitzero"`
	RedirectURIs []string             `json:"redirect_uris,omitzero"`
	PostLogout   []string             `json:"post_logout_redirect_uris,omitzero"`
	Grants       []catalogue.Grant    `json:"grants,omitzero"` // values of grant_type
	Scopes       []string             `json:"scopes,omitzero"`
	Public       bool                 `json:"public,omitzero"`
	AuthMethod   catalogue.AuthMethod `json:"auth_method,omitzero"` // a value of token_endpoint_auth_method
	JWKS         JWK                  `json:"jwks,omitzero"`        // public keys for private_key_jwt, self_signed_tls_client_auth and jwt-bearer
	RequirePAR   bool                 `json:"require_pushed_authorization_requests,omitzero"`
	RequireDPoP  bool                 `json:"dpop_bound_access_tokens,omitzero"`
	catalogue.ClientAlgs
	catalogue.ClientTLS
	catalogue.ClientLogout
}

// User is a user who can log in.
type User struct {
	Sub      string         `json:"sub"`
	Username string         `json:"username,omitzero"`
	Password Secret         `json:"password,omitzero"`
	Claims   map[string]any `json:"claims,omitzero"` // numbers are json.Number

	AccessClaims map[string]any `json:"access_claims,omitzero"`
	ACR          []string       `json:"acr,omitzero"`
}

// Rule applies to the tokens that its field When selects. It either adds the
// claims in its field Claims to these tokens, or rejects the requests for these
// tokens with the error code in its field Deny.
type Rule struct {
	When   When           `json:"when,omitzero"`
	Claims map[string]any `json:"claims,omitzero"`
	Deny   string         `json:"deny,omitzero"` // an OAuth error code
}

// When selects tokens. A token must match every field that is not empty.
type When struct {
	Client string `json:"client,omitzero"`
	User   string `json:"user,omitzero"` // the sub of the user
	Scope  string `json:"scope,omitzero"`
}

// Fault makes requests to an endpoint fail with an HTTP status.
type Fault struct {
	Endpoint catalogue.Endpoint `json:"endpoint"`
	Status   int                `json:"status"`
	Times    int                `json:"times,omitzero"` // 0: always
}

// Duration is a time.Duration. Its JSON form is a string, such as "1m30s".
type Duration time.Duration

// MarshalText returns the same text as time.Duration.String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// String returns the text that MarshalText writes.
func (d Duration) String() string { return time.Duration(d).String() }
