package middleware

import (
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// marks are what the claims say of the kind of a token. Few servers write it
// into the header (RFC 9068 §2.1), and ID, refresh and logout tokens bear the
// issuer, the keys and often the audience of access tokens.
type marks struct {
	access    bool // says that it is an access token, or carries what only those have
	otherKind bool // says that it is another kind
	hash      bool // holds the hash of a token or code beside it, as ID tokens do
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "")

// kind reads a value by which a server names the kind of a token: that of an
// access token, another one, or a word that we do not know. Case, spaces, hyphens
// and underscores do not matter, nor does the URN of RFC 8693 §3.
func kind(value strictjson.Value) (access, other bool) {
	text, _ := strictjson.String(value)
	text = strings.TrimPrefix(text, "urn:ietf:params:oauth:token-type:")
	switch text = strings.ToLower(separators.Replace(text)); text {
	case "bearer", "access", "accesstoken":
		return true, false
	case "id", "idtoken", "logout", "logouttoken", "offline", "offlinetoken":
		return false, true
	}
	return false, strings.HasPrefix(text, "refresh")
}

// namesKind reports whether servers write the kind of a token into a claim.
func namesKind(name string) bool {
	switch name {
	case "typ", "token_use", "tokenName", "tokenType", "TokenType", "token_type", "purpose", "type":
		return true
	}
	return false
}

// isMark reports whether a claim says something about the kind of a token.
func isMark(name string, value strictjson.Value) bool {
	var m marks
	m.note(name, value)
	return m != (marks{}) || slices.Contains([]string{"nonce", "granted_scopes", "azp", "auth_time"}, name) // see isAccessToken
}

// note looks at one claim.
//
// The kind stands in typ (Keycloak), token_use (Amazon Cognito, Ory Hydra),
// tokenName (PingAM), tokenType and TokenType (Casdoor), token_type, purpose
// (Curity), type, or drn (Descope), where DSR is a refresh token. The hashes
// are OpenID Connect's (Core §3.1.3.6, §3.3.2.11). Only security event tokens
// have events (RFC 8417 §2.2), only signed introspection answers
// token_introspection (RFC 9701 §5), and only refresh tokens of Spring Security
// OAuth ati, the ID of the access token beside them.
func (m *marks) note(name string, value strictjson.Value) {
	if namesKind(name) {
		access, other := kind(value)
		m.access, m.otherKind = m.access || access, m.otherKind || other
	}
	switch name {
	case "drn":
		drn, _ := strictjson.String(value)
		m.otherKind = m.otherKind || drn == "DSR"
	case "events", "token_introspection", "ati":
		m.otherKind = true
	case "at_hash", "c_hash", "s_hash":
		m.hash = true
	case "scope", "scp", "scopes":
		m.access = m.access || value.Kind() == '"' || value.Kind() == '['
	}
}

// isAccessToken judges the marks of a token whose header does not settle it. ID
// tokens usually have nonce, or azp and auth_time (OpenID Connect Core §2), and
// UAA's refresh tokens granted_scopes in the place of scope; so do access tokens
// of some servers. Such a mark yields to a sign of an access token, whichever
// claims the configuration reads scopes from: it is the token that says what it
// is. Of an introspection answer it decides nothing, since active says more; a
// hash does, as it is all that gives some servers' refresh tokens away there.
func (c *claims) isAccessToken(opaque bool) bool {
	var m marks
	for i := range c.members {
		m.note(c.members[i].name, c.members[i].value)
	}
	has := func(name string) bool { return c.member(name) != "" }
	weak := has("nonce") || has("granted_scopes") || has("azp") && has("auth_time")
	return !m.otherKind && !m.hash && (opaque || !weak || m.access)
}
