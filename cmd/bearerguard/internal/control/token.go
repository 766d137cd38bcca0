package control

import wire "github.com/bearerguard/bearerguard/internal/control"

// MintToken makes a token.
func MintToken(m wire.Mint) TypedOperation[wire.Minted] { return post[wire.Minted]("/v1/tokens", m) }

// MintBadTokens makes one token for each defect that every correct API refuses,
// and one for missing-scope, which is only for routes that require a scope.
// Apart from its defect, each token has the properties that m describes.
func MintBadTokens(m wire.Mint) TypedOperation[wire.BadTokens] {
	return post[wire.BadTokens]("/v1/bad-tokens", m)
}

// ListTokens lists the access tokens in the audit log.
func ListTokens() TypedOperation[wire.Tokens] { return get[wire.Tokens]("/v1/tokens") }

// RevokeTokens revokes a token, or all grants of a subject.
func RevokeTokens(r wire.Revoke) TypedOperation[wire.Revoked] {
	return post[wire.Revoked]("/v1/tokens/revoke", r)
}

// SendLogout makes a logout token. If l names a receiver, the server sends the
// token to it.
func SendLogout(l wire.Logout) TypedOperation[wire.Receipt] {
	return post[wire.Receipt]("/v1/logout", l)
}

// Transmit makes a security event token. If t names a receiver, the server
// sends the token to it.
func Transmit(t wire.Transmit) TypedOperation[wire.Receipt] {
	return post[wire.Receipt]("/v1/transmit", t)
}
