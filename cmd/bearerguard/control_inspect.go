package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func newTokenInspect(s streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "inspect [TOKEN]",
		Short: "Decode a token without verifying it",
		Long: `Show the header and the claims of a JWT. The JWT is read from standard input if the
argument is - or left out. It is only decoded: nothing is verified, and no server is
contacted.`,
		Example: `  bearerguard token mint | bearerguard token inspect
  bearerguard token inspect --json "$TOKEN"`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(_ *cobra.Command, args []string) error {
			token, err := readToken(s, args)
			if err != nil {
				return err
			}
			parts := strings.Split(token, ".")
			if len(parts) != 3 {
				return coded{exitNo, fmt.Errorf("the token is not a signed JWT: it has %d parts, want 3. For an opaque token, use token introspect", len(parts))}
			}
			header, err := decoded("header", parts[0])
			if err != nil {
				return err
			}
			claims, err := decoded("claims", parts[1])
			if err != nil {
				return err
			}
			if asJSON {
				c := caller{streams: s}
				return c.showJSON(fmt.Appendf(nil, `{"verified":false,"header":%s,"claims":%s}`, header, claims))
			}
			fmt.Fprintf(s.out, "header %s\nclaims %s\n", indented(header), indented(claims))
			fmt.Fprintln(s.err, "bearerguard: decoded, not verified: the token may be forged")
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// decoded decodes the header or the claims of a JWT, and returns the JSON
// document.
func decoded(what, part string) ([]byte, error) {
	text, err := base64.RawURLEncoding.DecodeString(part)
	switch {
	case err != nil:
		return nil, coded{exitNo, fmt.Errorf("cannot decode the %s: expected base64url, without padding", what)}
	case !json.Valid(text):
		return nil, coded{exitNo, fmt.Errorf("cannot decode the %s: expected JSON", what)}
	}
	var b bytes.Buffer
	_ = json.Compact(&b, text) // never fails for valid JSON
	return b.Bytes(), nil
}

func indented(text []byte) []byte {
	var b bytes.Buffer
	_ = json.Indent(&b, text, "", "  ") // never fails for valid JSON
	return b.Bytes()
}
