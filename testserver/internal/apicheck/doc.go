// Package apicheck sends good tokens, bad tokens and malformed requests to an
// API and judges its answers by RFC 6750 and the RFCs behind it. Package apitest
// and the control API of testserver both run it.
//
// It prints nothing: what is wrong is returned as data, and nothing here knows of
// a testing.T, of JSON, or of the server that makes the tokens.
package apicheck
