// Package push sends logout tokens and security event tokens to receivers, and
// returns the answers.
//
// It does not make or read tokens.
package push
