package middleware

import (
	"slices"
	"strconv"
	"strings"

	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// marks are what the claims indicate about the kind of a token. Few servers put
// the kind into the header (RFC 9068 §2.1), and ID, refresh and logout tokens
// have the same issuer, keys and often the same audience as access tokens.
type marks struct {
	bearer    bool // a claim names the kind: an access token
	access    bool // the same, or a claim that only access tokens have
	identity  bool // a claim names the kind: an ID token
	otherKind bool // a claim indicates a third kind
	hash      bool // contains the hash of an accompanying token or code, as ID tokens do
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "")

// kind interprets a claim value that names the kind of a token. Unknown values
// are ignored. Case, spaces, hyphens and underscores do not matter, nor does
// the URN of RFC 8693 §3.
func kind(value strictjson.Value) (access, identity, other bool) {
	text, _ := strictjson.String(value)
	text = strings.TrimPrefix(text, "urn:ietf:params:oauth:token-type:")
	switch text = strings.ToLower(separators.Replace(text)); text {
	case "bearer", "access", "accesstoken":
		return true, false, false
	case "id", "idtoken":
		return false, true, false
	case "logout", "logouttoken", "offline", "offlinetoken":
		return false, false, true
	}
	return false, false, strings.HasPrefix(text, "refresh")
}

// namesKind reports whether servers put the kind of a token into a claim of
// that name.
func namesKind(name string) bool {
	switch name {
	case "typ", "token_use", "tokenName", "tokenType", "TokenType", "token_type", "purpose", "type":
		return true
	}
	return false
}

// isMark reports whether a claim indicates the kind of a token.
func isMark(name string, value strictjson.Value) bool {
	var m marks
	m.note(name, value)
	return m != (marks{}) || slices.Contains([]string{"nonce", "granted_scopes", "azp", "auth_time"}, name) // see checkPurpose
}

// note evaluates one claim.
//
// The kind is in typ (Keycloak), token_use (Amazon Cognito, Ory Hydra),
// tokenName (PingAM), tokenType and TokenType (Casdoor), token_type, purpose
// (Curity), type, or drn (Descope), where DSR is a refresh token. The hashes
// are OpenID Connect's (Core §3.1.3.6, §3.3.2.11). Only security event tokens
// have events (RFC 8417 §2.2), only signed introspection answers
// token_introspection (RFC 9701 §5), and only refresh tokens of Spring Security
// OAuth have ati, the ID of the accompanying access token.
func (m *marks) note(name string, value strictjson.Value) {
	if namesKind(name) {
		access, identity, other := kind(value)
		m.bearer, m.access = m.bearer || access, m.access || access
		m.identity, m.otherKind = m.identity || identity, m.otherKind || other
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

// checkMark requires the claim that all access tokens of an issuer have. The
// introspection answer about an opaque token need not have it. A number also
// counts: ID tokens of Spring Authorization Server lack nbf.
func (d *decision) checkMark() error {
	name, text, hasText := strings.Cut(d.issuer.Mark, "=")
	value := d.claims.member(name)
	found, _ := strictjson.String(value)
	if found == "" && (hasText || value.Kind() != '0') || hasText && found != text {
		return ErrType
	}
	return nil
}

// checkPurpose refuses other kinds of token. The typ at+jwt of a JWT is
// decisive (RFC 8725 §3.12). Otherwise the claims decide.
//
// ID tokens usually have nonce, or azp and auth_time (OpenID Connect Core §2),
// and UAA's refresh tokens have granted_scopes instead of scope. Access tokens
// of some servers have these claims too. A sign of an access token therefore
// outweighs them, regardless of Issuer.ScopeClaims. In an introspection answer
// these claims are ignored, because active is stronger evidence. A hash counts
// there, because it is the only sign of refresh tokens of some servers. In a
// JWT, Mark outweighs both, because only access tokens of that issuer have it.
// It does not outweigh granted_scopes: UAA's refresh tokens have the attributes
// of its access tokens too.
func (d *decision) checkPurpose() error {
	if !d.opaque && d.header.kind == "at+jwt" {
		return nil
	}
	var m marks
	for i := range d.claims.members {
		m.note(d.claims.members[i].name, d.claims.members[i].value)
	}
	has := func(name string) bool { return d.claims.member(name) != "" }
	weak := has("nonce") || has("granted_scopes") || has("azp") && has("auth_time")
	var refused bool
	switch {
	case m.otherKind:
		refused = true
	case !d.opaque && d.issuer.Purpose == IDTokens:
		refused = m.bearer
	case !d.opaque && d.issuer.Mark != "":
		refused = m.identity || has("granted_scopes") && !m.access
	default:
		refused = m.identity || m.hash || !d.opaque && weak && !m.access
	}
	if refused {
		return ErrType
	}
	return nil
}

// marksAnother reports whether a claim with that text is found on tokens that
// the issuer's purpose excludes.
func (i Issuer) marksAnother(name, text string) bool {
	if pointer, ok := strings.CutPrefix(name, "/"); ok && !strings.Contains(pointer, "/") {
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(pointer)
	}
	var m marks
	m.note(name, strictjson.Value(strconv.Quote(text)))
	if i.Purpose == IDTokens {
		return m.otherKind || m.bearer
	}
	return m.otherKind || m.identity || m.hash || name == "nonce" || name == "granted_scopes"
}
