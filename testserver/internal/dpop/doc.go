// Package dpop checks the DPoP proofs of requests to the mock server (RFC 9449
// §4.3), and issues the nonces that proofs must have if the server asks for
// them.
//
// It does not depend on endpoints or grants. It does not store proofs: the
// caller must store them to detect replays. It shares no code with the
// verifier's checks of proofs.
package dpop
