// Package push sends logout tokens and security event tokens to receivers, and
// returns their HTTP responses.
//
// It does not make or parse tokens.
package push
