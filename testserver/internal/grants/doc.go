// Package grants stores the grants of a test authorization server: token
// families, codes, device codes, pushed requests, browser sessions and
// revocations. It stores digests of tokens, codes and session names.
//
// It does not handle requests or decide policy.
package grants
