package main

import (
	"bufio"
	"encoding/pem"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/internal/catalogue"
	wire "github.com/bearerguard/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/internal/shapes"
)

// mintFlags holds the flags that describe how the token differs from a default
// token.
type mintFlags struct {
	sub, client, alg, like   string
	certificate, dpop        string
	scope, aud, without, jws []string
	expires, notBefore       time.Duration
	opaque                   bool
	claims                   claimFlags
}

func (f *mintFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.sub, "sub", "", "subject, by default test-user")
	flags.StringVar(&f.client, "client", "", "client_id, by default test-client")
	flags.StringArrayVar(&f.scope, "scope", nil, "scopes, separated by spaces; may be repeated")
	flags.StringArrayVar(&f.aud, "aud", nil, "audience, by default api; may be repeated")
	flags.StringVar(&f.alg, "alg", "", "algorithm, by default the server's")
	flags.StringVar(&f.like, "like", "", "make a token that looks like those of a `provider`, such as keycloak")
	flags.DurationVar(&f.expires, "expires-in", 0, "time until exp, such as 10m; -5m for an expired token")
	flags.DurationVar(&f.notBefore, "not-before-in", 0, "time until nbf")
	flags.StringArrayVar(&f.without, "without", nil, "leave out a `claim`; may be repeated"+namedByPointer)
	flags.StringArrayVar(&f.jws, "header-json", nil, "`name=JSON` of a header parameter; may be repeated")
	flags.BoolVar(&f.opaque, "opaque", false, "make an opaque token, for introspection")
	flags.StringVar(&f.certificate, "certificate", "", "bind the token to the client's TLS certificate in a `file`, in PEM (RFC 8705)")
	flags.StringVar(&f.dpop, "dpop", "", "bind the token to the client's private key in a `file`, in PEM or as a JWK, for DPoP (RFC 9449); see token proof")
	f.claims.add(cmd, "claim", namedByPointer)
	for _, name := range []string{"sub", "client", "scope", "aud", "expires-in", "not-before-in", "without", "header-json"} {
		noFiles(cmd, name)
	}
	cli.Choices(cmd, "alg", catalogue.Names(catalogue.Algs))
	cli.Choices(cmd, "like", shapes.Names())
	// --audience is an alias of --aud, and --client-id is an alias of --client.
	// The commands for any authorization server use the longer names.
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		switch name {
		case "audience":
			name = "aud"
		case "client-id":
			name = "client"
		}
		return pflag.NormalizedName(name)
	})
}

func (f *mintFlags) mint(cmd *cobra.Command) (m wire.Mint, err error) {
	m = wire.Mint{Sub: f.sub, ClientID: f.client, Alg: f.alg, Aud: f.aud, Without: f.without, Opaque: f.opaque, Like: f.like}
	if f.scope != nil {
		m.Scope = words(f.scope)
	}
	if f.certificate != "" {
		text, err := readFile("--certificate", f.certificate)
		if err != nil {
			return m, err
		}
		if block, _ := pem.Decode(text); block == nil {
			return m, usage("--certificate %s: want a certificate in PEM, which begins with -----BEGIN CERTIFICATE-----", f.certificate)
		}
		m.Certificate = string(text)
	}
	if f.dpop != "" {
		text, _, err := readKey("--dpop", f.dpop)
		if err != nil {
			return m, err
		}
		m.DPoPKey = string(text)
	}
	if cmd.Flags().Changed("expires-in") {
		m.ExpiresIn = new(wire.Duration(f.expires))
	}
	if cmd.Flags().Changed("not-before-in") {
		m.NotBeforeIn = new(wire.Duration(f.notBefore))
	}
	if m.Claims, err = f.claims.claims(); err != nil {
		return m, err
	}
	m.Header, err = jsonPairs("--header-json", f.jws)
	return m, err
}

func newTokenMint(s streams) *cobra.Command {
	var f mintFlags
	var defect string
	cmd := &cobra.Command{
		Use:   "mint",
		Short: "Print a token of the running server, valid by default",
		Example: `  bearerguard token mint --scope "orders:read orders:write"
  bearerguard token mint --sub alice --claim role=admin --claim-json groups='["a","b"]'
  bearerguard token mint --claim-json /realm_access/roles='["admin"]'
  bearerguard token mint --like keycloak
  bearerguard token mint --expires-in -5m
  bearerguard token mint --defect alg-none
  bearerguard token mint --certificate client.pem
  bearerguard token mint --dpop client.key
  curl -H "Authorization: Bearer $(bearerguard token mint)" http://localhost:8080/orders`,
	}
	f.add(cmd)
	cmd.Flags().StringVar(&defect, "defect", "", "add a `defect`: a name that token bad prints, or "+strings.Join(catalogue.Names(catalogue.DefectsOnRequest), ", ")+
		"; with --certificate also "+strings.Join(catalogue.Names(catalogue.CertificateDefects), ", ")+
		"; with --dpop also a defect of token proof, to bind the token to the key that such a proof shows")
	cli.Choices(cmd, "defect", allDefectNames())
	return dataCommand(s, cmd, func(cmd *cobra.Command, c *caller, _ []string) error {
		m, err := f.mint(cmd)
		if err != nil {
			return err
		}
		m.Defect = defect
		return printOne(cmd, c, control.MintToken(m), []string{"TOKEN"}, func(minted wire.Minted) []string {
			return []string{minted.AccessToken}
		})
	})
}

func newTokenBad(s streams) *cobra.Command {
	var f mintFlags
	cmd := &cobra.Command{
		Use:   "bad",
		Short: "Print one token for each known defect",
		Long: `Print one token for each known defect, valid in every other way, as lines of

  name<TAB>expected_status<TAB>token

The status is the answer of a correct API. missing-scope is for routes that need a scope.`,
		Example: `  bearerguard token bad --scope orders:read
  bearerguard token bad | while IFS=$(printf '\t') read -r name status token; do
    curl -s -o /dev/null -w "$name want $status got %{http_code}\n" -H "Authorization: Bearer $token" localhost:8080/orders
  done`,
	}
	f.add(cmd)
	return dataCommand(s, cmd, func(cmd *cobra.Command, c *caller, _ []string) error {
		m, err := f.mint(cmd)
		if err != nil {
			return err
		}
		bad, text, err := doTyped(cmd.Context(), c, control.MintBadTokens(m))
		if err != nil || c.json {
			return printAnswer(c, text, err)
		}
		w := bufio.NewWriter(c.out) // the lines are too long for a table on a terminal
		for _, b := range bad.Tokens {
			_, _ = w.WriteString(b.Name + "\t" + strconv.Itoa(b.Status) + "\t" + b.Token + "\n")
		}
		return w.Flush()
	})
}

func newTokenList(s streams) *cobra.Command {
	return dataCommand(s, &cobra.Command{
		Use:     "list",
		Short:   "List the access tokens in the audit log, by their fingerprints",
		Example: "  bearerguard token list --json",
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		return printList(cmd, c, control.ListTokens(), []string{"FINGERPRINT", "ISSUED", "CLIENT", "SUB", "SCOPES", "REVOKED"},
			func(list wire.Tokens) []wire.Token { return list.Tokens },
			func(t wire.Token) []string {
				return []string{t.Fingerprint, stamp(t.Issued), t.ClientID, t.Sub, strings.Join(t.Scopes, " "), yes(t.Revoked)}
			})
	})
}

func newRevokeByControl(s streams) *cobra.Command {
	var sub string
	cmd := &cobra.Command{
		Use: "revoke",
	}
	cmd.Flags().StringVar(&sub, "sub", "", "revoke all grants of this subject")
	noFiles(cmd, "sub")
	return dataCommand(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		req := wire.Revoke{Sub: sub}
		if sub == "" {
			token, err := readToken(s, args)
			if err != nil {
				return err
			}
			req.Token = token
		} else if len(args) > 0 {
			return usage("give a token or --sub, not both")
		}
		return printOne(cmd, c, control.RevokeTokens(req), []string{"REVOKED"}, func(done wire.Revoked) []string {
			return []string{strconv.Itoa(done.Revoked)}
		})
	})
}
