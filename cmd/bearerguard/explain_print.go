package main

import (
	"fmt"
	"io"
	"strings"
)

// about says what each check of the verifier looks at.
var about = map[string]string{ //nolint:gosec // names of checks, no credentials
	"length":          "not longer than 16384 bytes",
	"shape":           "a JWT, or opaque or encrypted where somebody can be asked",
	"header":          "strict JSON, no extension that must be understood, an algorithm that exists",
	"introspection":   "the issuer says that it is active",
	"claims":          "strict JSON, each claim of its type and there once",
	"issuer":          "iss is a configured issuer, byte for byte",
	"algorithm":       "alg is one that the issuer may sign with",
	"type":            "typ is that of an access token",
	"token type":      "token_type is Bearer, if there is any",
	"required claims": "exp, and what the profile asks for",
	"expiry":          "exp is not past, give or take 30 seconds",
	"not before":      "nbf is not ahead, give or take 30 seconds",
	"issued at":       "iat is not ahead, give or take 30 seconds",
	"audience":        "aud names the API",
	"scope claim":     "the scopes can be read",
	"purpose":         "no marks of an ID token, a refresh token or another kind of token",
	"signature":       "made with a key that the issuer publishes",
	"activity":        "the issuer says that it is still active",
	"confirmation":    "not bound to a key of its owner's",
	"revocation":      "not on a list of the API's",
	"scope":           "has what --scope asks for",
}

var marks = map[string]string{passed: "✓", refused: "✗", notReached: "–"}

// print writes a line for each check and the verdict.
func (e explanation) print(w io.Writer, table bool, p paint) error {
	var b strings.Builder
	for _, c := range e.Checks {
		text, colour := c.About, p.good
		switch c.Result {
		case refused:
			text, colour = c.Reason, p.bad
		case notReached:
			colour = p.faint
		}
		if table {
			fmt.Fprintf(&b, " %s %-16s %s\n", colour(marks[c.Result]), c.Name, colour(text))
		} else {
			fmt.Fprintf(&b, "%s\t%s\t%s\n", marks[c.Result], c.Name, text)
		}
	}
	switch {
	case e.Accepted:
		fmt.Fprintln(&b, p.good("accepted"))
	case e.Code == "":
		fmt.Fprintln(&b, p.bad(fmt.Sprintf("refused with %d: %s", e.Status, e.Reason)))
	default:
		fmt.Fprintln(&b, p.bad(fmt.Sprintf("refused with %d %s: %s", e.Status, e.Code, e.Reason)))
	}
	return printText(w, b.String())
}
