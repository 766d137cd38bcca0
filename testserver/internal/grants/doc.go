// Package grants stores the grants of a test authorization server: token
// families, codes, device codes, pushed requests, browser sessions and
// revocations. It stores digests of tokens and codes, not the tokens and codes
// themselves.
//
// It does not handle requests or decide policy.
package grants
