// Package apicheck sends good tokens, bad tokens and malformed requests to an
// API and judges its answers by RFC 6750 and the RFCs behind it. Package
// apitest and the control API of testserver both run it.
//
// It prints nothing and returns failures as data. It does not depend on
// testing, JSON or the server that makes the tokens.
package apicheck
