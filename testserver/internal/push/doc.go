// Package push sends logout tokens and security event tokens to receivers, and
// returns what the receivers answer.
//
// It does not make or read tokens.
package push
