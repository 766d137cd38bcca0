package middleware

import (
	"slices"
	"strconv"
	"strings"

	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// marks records what the claims of a token indicate about its kind. The header
// is not enough, because few servers put the kind there (RFC 9068 §2.1). The
// issuer and the keys are not enough, because ID, refresh and logout tokens
// have the same issuer and keys as access tokens, and often the same audience.
type marks struct {
	bearer    bool // a claim says that the token is an access token
	access    bool // bearer is true, or the token has a claim that only access tokens have
	identity  bool // a claim says that the token is an ID token
	otherKind bool // a claim shows that the token is of another kind, such as a refresh token
	hash      bool // a claim is the hash of an accompanying token or code, as in ID tokens
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "")

// kind reports whether a claim value means an access token, an ID token or
// another kind of token. For an unknown value, all results are false. Case,
// spaces, hyphens, underscores and the URN prefix of RFC 8693 §3 are ignored.
func kind(value strictjson.Value) (access, identity, other bool) {
	text, _ := strictjson.String(value)
	text = strings.TrimPrefix(text, "urn:ietf:params:oauth:token-type:")
	switch text = strings.ToLower(separators.Replace(text)); text {
	case "bearer", "access", "accesstoken", "dpop":
		return true, false, false
	case "id", "idtoken":
		return false, true, false
	case "logout", "logouttoken", "offline", "offlinetoken":
		return false, false, true
	}
	return false, false, strings.HasPrefix(text, "refresh")
}

// namesKind reports whether any known authorization server uses a claim with
// this name to state the kind of token in words that kind can read. The claim
// drn is not included, because note reads it.
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

// note records what a claim indicates about the kind of the token.
//
// Servers name the kind in typ (Keycloak), token_use (Amazon Cognito, Ory
// Hydra), tokenName (PingAM), tokenType and TokenType (Casdoor), token_type,
// purpose (Curity), type, or drn (Descope). A drn of DSR means a refresh token.
// Of the claims that are hashes, OpenID Connect Core defines at_hash and c_hash
// (§3.1.3.6, §3.3.2.11), and FAPI 1.0 Advanced defines s_hash. Each of three
// claims is present in only one kind of token: events in security event tokens
// (RFC 8417 §2.2), token_introspection in signed introspection answers (RFC
// 9701 §5), and ati, the ID of the accompanying access token, in refresh tokens
// of Spring Security OAuth.
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

// checkMark requires the claim that Issuer.Mark names. It is not used for
// introspection answers about opaque tokens. If Mark does not state a value,
// the claim may have any value that is a number or a non-empty string. Numbers
// are accepted because of nbf, which Spring Authorization Server puts only into
// access tokens. If Mark states a value and the token is bound to a key, the
// value "DPoP" is also accepted, because Keycloak then writes typ "DPoP"
// instead of "Bearer".
func (d *decision) checkMark() error {
	name, text, hasText := strings.Cut(d.issuer.Mark, "=")
	value := d.claims.member(name)
	found, _ := strictjson.String(value)
	if hasText && namesDPoP(value) && d.binding.jkt != "" {
		return nil
	}
	if found == "" && (hasText || value.Kind() != '0') || hasText && found != text {
		return ErrType
	}
	return nil
}

// checkPurpose refuses tokens of a kind that Issuer.Purpose does not accept. A
// JWT whose typ is at+jwt is an access token (RFC 8725 §3.12). For other
// tokens, the claims decide.
//
// A claim can be a weak or a strong sign of another kind of token. The weak
// signs are nonce, azp together with auth_time (OpenID Connect Core §2), and
// granted_scopes, which refresh tokens of UAA have instead of scope. Access
// tokens of some servers have these claims, too. A claim that identifies an
// access token, such as scope, therefore outweighs weak signs, regardless of
// Issuer.ScopeClaims. The hash claims, such as at_hash, are strong signs.
//
// In an introspection answer, the member active outweighs weak signs. It does
// not outweigh hash claims, because the refresh tokens of some servers have no
// other sign. In a JWT, the claim in Mark outweighs hash claims and weak signs,
// because only the issuer's access tokens have that claim. It does not outweigh
// granted_scopes, because refresh tokens of UAA can have the claim in Mark,
// too.
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

// marksAnother reports whether a claim with this name and value identifies a
// kind of token that the issuer's Purpose excludes.
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
