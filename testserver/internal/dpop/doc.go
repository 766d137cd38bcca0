// Package dpop checks the DPoP proofs of requests to the mock server (RFC 9449
// §4.3), and issues the nonces that proofs must have if the server asks for
// them.
//
// It knows nothing about endpoints and grants, and it does not remember proofs:
// the caller does. It shares no code with the verifier's checks of proofs.
package dpop
