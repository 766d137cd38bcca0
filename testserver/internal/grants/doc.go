// Package grants is what a test authorization server remembers of grants: their
// families of tokens, codes, device codes, pushed requests, the sessions of
// browsers, and what was revoked. Tokens, codes and names of sessions are in it as
// their digests.
//
// It reads no request and decides no policy.
package grants
