// Package apicheck sends good tokens, bad tokens and malformed requests to an
// API. It checks the responses against RFC 6750 and related RFCs. Package
// apitest and the control API of testserver both use it.
//
// It prints nothing and returns failures as data. It does not depend on testing
// or on the server that makes the tokens.
package apicheck
