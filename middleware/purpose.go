package middleware

import (
	"strings"

	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// marks are what the claims say of the kind of a token. Few servers write it
// into the header (RFC 9068 §2.1), and ID, refresh and logout tokens bear the
// issuer, the keys and often the audience of access tokens.
type marks struct {
	access  bool // says that it is an access token, or carries what only those have
	another bool // says that it is another kind
	hash    bool // holds the hash of a token or code beside it, as ID tokens do
	weak    bool // holds what ID and refresh tokens usually have, and access tokens of some servers too
	login   bool // auth_time, which makes azp a weak mark
	party   bool // azp
}

// kinds are the values by which servers name the kind of a token, besides those
// that begin with "refresh". Letters alone count, and their case does not:
// "access_token", "access-token", "accessToken".
var kinds = []struct {
	name   string
	access bool
}{
	{"bearer", true}, {"accesstoken", true}, {"access", true},
	{"id", false}, {"idtoken", false}, {"logout", false}, {"logouttoken", false}, {"offline", false}, {"offlinetoken", false},
}

// kind reads a value by which a server names the kind of a token: that of an
// access token, another one, or a word that we do not know.
func kind(value strictjson.Value) (access, another bool) {
	text, _ := strictjson.String(value)
	text = strings.TrimPrefix(text, "urn:ietf:params:oauth:token-type:") // RFC 8693 §3
	for _, k := range kinds {
		if rest, ok := cutKind(text, k.name); ok && rest == "" {
			return k.access, !k.access
		}
	}
	_, refresh := cutKind(text, "refresh")
	return false, refresh
}

// cutKind returns text without a prefix that is spelled in any way.
func cutKind(text, prefix string) (rest string, ok bool) {
	for i := range len(text) {
		if prefix == "" {
			return text[i:], true
		}
		c := text[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		switch {
		case c == prefix[0]:
			prefix = prefix[1:]
		case c != '_' && c != '-' && c != ' ':
			return "", false
		}
	}
	return "", prefix == ""
}

// note looks at one claim.
//
// The kind stands in typ (Keycloak), token_use (Amazon Cognito, Ory Hydra),
// tokenName (PingAM), tokenType and TokenType (Casdoor), token_type, purpose
// (Curity), type, or drn (Descope), where DSR is a refresh token. The hashes
// are OpenID Connect's (Core §3.1.3.6, §3.3.2.11). Only security event tokens
// have events (RFC 8417 §2.2), only signed introspection answers
// token_introspection (RFC 9701 §5), and only refresh tokens of Spring Security
// OAuth ati, the ID of the access token beside them. UAA's refresh tokens have
// granted_scopes in the place of scope.
func (m *marks) note(name string, value strictjson.Value) {
	switch name {
	case "typ", "token_use", "tokenName", "tokenType", "TokenType", "token_type", "purpose", "type":
		access, another := kind(value)
		m.access, m.another = m.access || access, m.another || another
	case "drn":
		drn, _ := strictjson.String(value)
		m.another = m.another || drn == "DSR"
	case "events", "token_introspection", "ati":
		m.another = true
	case "at_hash", "c_hash", "s_hash":
		m.hash = true
	case "scope", "scp", "scopes":
		m.access = m.access || value.Kind() == '"' || value.Kind() == '['
	case "nonce", "granted_scopes":
		m.weak = true
	case "auth_time":
		m.login = true
	case "azp":
		m.party = true
	}
}

// isAccessToken judges the marks of a token whose header does not settle it. A
// weak mark yields to a sign of an access token, whichever claims the
// configuration reads scopes from: it is the token that says what it is. Of an
// introspection answer it decides nothing, since active says more; a hash does,
// as it is all that gives some servers' refresh tokens away there.
func (m marks) isAccessToken(asked bool) bool {
	weak := m.weak || m.login && m.party
	return !m.another && !m.hash && (asked || !weak || m.access)
}
