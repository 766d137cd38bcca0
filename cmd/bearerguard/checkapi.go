package main

import (
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/internal/control"
)

// checkFlags describe the request that the API answers with 2xx, the token that it
// wants, and the server whose tokens these are.
type checkFlags struct {
	ask     control.Check
	headers []string
	scope   []string
	needs   []string // claims with values
	aud     string
	claims  claimFlags
	server  serverFlags
	wait    time.Duration
	tap     bool
}

func newCheckAPI(s streams) *cobra.Command {
	f := checkFlags{server: serverFlags{control: anyPort}}
	cmd := &cobra.Command{
		Use:   "check-api URL [-- PROGRAM [ARGUMENT...]]",
		Short: "Send an API every kind of bad token and judge its answers",
		Long: `Send some 150 requests to an API, in any language: a good token, one that is wrong in
each known way, none, two … and report each answer that is not what RFC 6750 and
the RFCs behind it say. URL is that of a route which a good token opens.

The tokens are those of a mock authorization server that the API must trust:

- the one that serve or exec has started, if its control API is known and no other is
  asked for. It sends the requests, so URL is one that it can reach;
- with --addr, one that runs for as long as the check: configure the API for the issuer
  http://ADDR, or for what --issuer names. If the API keeps keys between checks, --seed
  keeps them the same;
- or let the command start the API: a program after -- finds OAUTH_ISSUER,
  OAUTH_JWKS_URI, OAUTH_AUDIENCE and the like in its environment, and is ended after the
  check. What it prints goes to standard error.

Limits on the number of requests or of failures must be off or high.

Exit codes: 0 all answers are right, 1 some are wrong, 2 a wrong command line,
3 the API cannot be reached.`,
		Example: `  bearerguard exec -- sh -c './orders-api & bearerguard check-api --wait 10s http://localhost:8080/orders --scope orders:read'

  ISSUER=http://127.0.0.1:9400 AUDIENCE=api ./orders-api &
  bearerguard check-api http://localhost:8080/orders --addr 127.0.0.1:9400 --scope orders:read

  bearerguard check-api http://localhost:8080/admin --addr 127.0.0.1:9400 --require-claim /realm_access/roles=admin

  bearerguard check-api http://localhost:8080/orders --audience orders --alg RS256 --tap -- \
      sh -c 'ISSUER=$OAUTH_ISSUER exec node api.js'`,
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.ask.Method, "method", "X", http.MethodGet, "`method` of the request")
	flags.StringArrayVarP(&f.headers, "header", "H", nil, "header field `'Name: value'` of the request; may be repeated")
	flags.StringVar(&f.ask.Body, "body", "", "`text` of the request's body, or @ and the name of a file")
	addScope(cmd, &f.scope, "`scope` that the route needs; may be repeated, or hold several with spaces")
	flags.StringVar(&f.aud, "audience", "", "`identifier` that the API wants to find in aud (default what the server is configured for, which is api without more)")
	flags.StringArrayVar(&f.needs, "require-claim", nil, "`name=value` of a claim, and a value such as a role that the route needs in it; may be repeated"+namedByPointer)
	flags.StringArrayVar((*[]string)(&f.ask.RequireACR), "require-acr", nil, "`value` of acr that the route requires; repeated for others that are enough too, the preferred one first")
	flags.DurationVar((*time.Duration)(&f.ask.RequireAuthWithin), "require-auth-within", 0, "how long ago the login may be, such as 5m")
	flags.BoolVar(&f.ask.RequireMetadata, "require-metadata", false, "check the metadata of the API, which challenges name (RFC 9728)")
	f.claims.add(cmd, "claim", namedByPointer)
	flags.StringVar(&f.ask.Alg, "alg", "", "`algorithm` that signs the tokens (default the server's)")
	flags.StringSliceVar(&f.ask.Skip, "skip", nil, "`defect`s that the API accepts on purpose, separated by commas")
	flags.StringSliceVar(&f.ask.Also, "also", nil, "`defect`s that another API may accept, and this one may not")
	flags.StringVar(&f.server.addr, "addr", anyPort, "`host:port` where a server of the check's own listens")
	flags.StringVar(&f.server.issuer, "issuer", "", "`URL` under which the API reaches it, if that is another one")
	flags.StringVar(&f.server.seed, "seed", "", "`text` that its keys follow from; who knows it can sign")
	flags.BoolVar(&f.server.allowRemote, "allow-remote", false, "let it be reached from other machines, such as containers: whoever does gets tokens")
	flags.DurationVar(&f.wait, "wait", 0, "how long the API may take to answer at all (default 30s for a program after --)")
	flags.BoolVar(&f.tap, "tap", false, "print TAP, the Test Anything Protocol")
	cli.Choices(cmd, "skip", defectNames())
	cli.Choices(cmd, "also", defectNames())
	cli.Choices(cmd, "alg", catalogue.Names(catalogue.PublicAlgs))
	cli.Offer(cmd, "method", []string{"GET", "POST", "PUT", "PATCH", "DELETE"})
	for _, name := range []string{"require-claim", "require-acr", "header", "audience", "addr", "issuer", "seed"} {
		noFiles(cmd, name)
	}
	cmd = dataCommand(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		if err := f.prepare(args[0]); err != nil {
			return err
		}
		answer, err := f.run(cmd, c, args[1:])
		if err != nil {
			return err
		}
		return f.report(c, answer)
	})
	cli.Exclusive(cmd, "json", "tap")
	cli.MayBeEmpty(cmd, "body")
	return cmd
}

// prepare puts into the request what the flags do not say as they are, and finds
// the faults that no server is needed for.
func (f *checkFlags) prepare(url string) (err error) {
	f.ask.URL, f.ask.Scope, f.ask.Header = url, words(f.scope), map[string]control.Texts{}
	if f.aud != "" {
		f.ask.Aud = control.Texts{f.aud}
	}
	if f.ask.Claims, err = f.claims.claims(); err != nil {
		return err
	}
	f.ask.RequireClaim = map[string]control.Texts{}
	for _, need := range f.needs {
		name, value, ok := strings.Cut(need, "=")
		if !ok || name == "" || value == "" {
			return usage("--require-claim %q: want name=value", need)
		}
		f.ask.RequireClaim[name] = append(f.ask.RequireClaim[name], value)
	}
	if name, ok := strings.CutPrefix(f.ask.Body, "@"); ok {
		text, err := readFile("--body", name)
		if err != nil {
			return err
		}
		f.ask.Body = string(text)
	}
	for _, line := range f.headers {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" {
			return usage("--header: want 'Name: value'")
		}
		if strings.EqualFold(name, "Authorization") {
			return usage("--header: Authorization is what the check sets")
		}
		f.ask.Header[name] = append(f.ask.Header[name], strings.TrimSpace(value))
	}
	return nil
}
