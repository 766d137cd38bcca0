package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/testserver"
)

// checkFlags describe the request that the API answers with 2xx, and the token
// that it wants.
type checkFlags struct {
	method, body         string
	headers, scope       []string
	claims, skip, also   []string
	audience, alg        string
	addr, issuer, seed   string
	json, tap, anyListen bool
}

// The algorithms that an API can find the keys of by itself.
var algs = []testserver.Alg{
	testserver.ES256, testserver.ES384, testserver.ES512, testserver.RS256, testserver.RS384, testserver.RS512,
	testserver.PS256, testserver.PS384, testserver.PS512, testserver.EdDSA,
}

func newCheckAPI(s streams) *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check-api URL [-- PROGRAM [ARGUMENT...]]",
		Short: "Send an API every kind of bad token and judge its answers",
		Long: `Send some 150 requests to an API, in any language: a good token, one that is wrong in
each known way, none, two … and report each answer that is not what RFC 6750 and
the RFCs behind it say. URL is that of a route which a good token opens.

The tokens are those of a mock authorization server that runs for as long as the
check, so the API must trust it: configure the issuer http://ADDR (--addr) or what
--issuer names, and the audience. If the API keeps keys between checks, --seed
keeps them the same. Or let the command start the API: a program after -- finds
OAUTH_ISSUER, OAUTH_JWKS_URI, OAUTH_AUDIENCE and the like in its environment, may
listen on any port that is free, since it starts second, and is ended after the
check. What it prints goes to standard error.

Limits on the number of requests or of failures must be off or high.

Exit codes: 0 all answers are right, 1 some are wrong, 2 a wrong command line,
3 the API cannot be reached.`,
		Example: `  ISSUER=http://127.0.0.1:9400 AUDIENCE=api ./orders-api &
  bearerguard check-api http://localhost:8080/orders --addr 127.0.0.1:9400 --scope orders:read

  bearerguard check-api http://localhost:8080/orders --audience orders --alg RS256 --tap -- \
      sh -c 'ISSUER=$OAUTH_ISSUER exec node api.js'`,
		Args: func(cmd *cobra.Command, args []string) error {
			urls := cmd.ArgsLenAtDash()
			if urls < 0 {
				urls = len(args)
			}
			if urls != 1 || cmd.ArgsLenAtDash() == len(args) {
				return usage("give one URL, and after -- nothing but a program to start")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.plan(args[0])
			if err != nil {
				return err
			}
			p.program = args[1:]
			p.progress = progressOn(s.err)
			results, err := runCheck(cmd.Context(), s.err, p)
			p.progress.end()
			if err != nil {
				return err
			}
			return f.report(s.out, args[0], results)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.method, "method", "X", http.MethodGet, "`method` of the request")
	flags.StringArrayVarP(&f.headers, "header", "H", nil, "header field `'Name: value'` of the request; may be repeated")
	flags.StringVar(&f.body, "body", "", "`text` of the request's body, or @ and the name of a file")
	addScope(cmd, &f.scope, "`scope` that the route needs; may be repeated, or hold several with spaces")
	flags.StringVar(&f.audience, "audience", "api", "`identifier` that the API wants to find in aud")
	flags.StringArrayVar(&f.claims, "claim", nil, "further claim `name=value` of every token, a text; may be repeated")
	flags.StringVar(&f.alg, "alg", string(testserver.ES256), "`algorithm` that signs the tokens")
	flags.StringSliceVar(&f.skip, "skip", nil, "`defect`s that the API accepts on purpose, separated by commas")
	flags.StringSliceVar(&f.also, "also", nil, "`defect`s that another API may accept, and this one may not")
	flags.StringVar(&f.addr, "addr", "", "`host:port` where the mock authorization server listens (default any port, with a program to start)")
	flags.StringVar(&f.issuer, "issuer", "", "`URL` under which the API reaches it, if that is another one")
	flags.StringVar(&f.seed, "seed", "", "`text` that the keys follow from; who knows it can sign")
	flags.BoolVar(&f.anyListen, "allow-remote", false, "let --addr be reached from other machines, such as containers: whoever does gets tokens")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	flags.BoolVar(&f.tap, "tap", false, "print TAP, the Test Anything Protocol")
	cmd.MarkFlagsMutuallyExclusive("json", "tap")
	complete(cmd, "skip", defects())
	complete(cmd, "also", defects())
	complete(cmd, "alg", names(algs))
	complete(cmd, "method", []string{"GET", "POST", "PUT", "PATCH", "DELETE"})
	for _, name := range []string{"header", "audience", "claim", "addr", "issuer", "seed"} {
		noFiles(cmd, name)
	}
	return cmd
}

// plan is a check that can begin.
type plan struct {
	base     string // scheme and host
	request  func(context.Context) (*http.Request, error)
	options  []testserver.CheckOption
	server   []testserver.Option
	audience string
	addr     string
	issuer   string // "" for that of addr
	remote   bool
	program  []string
	progress *progress
}

func (f *checkFlags) plan(text string) (plan, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return plan{}, usage("%q: want the URL of a route, such as http://localhost:8080/orders", text)
	}
	request, err := f.request(u)
	if err != nil {
		return plan{}, err
	}
	p := plan{
		base: u.Scheme + "://" + u.Host, request: request,
		audience: f.audience, addr: f.addr, issuer: f.issuer, remote: f.anyListen,
	}
	if !slices.Contains(algs, testserver.Alg(f.alg)) {
		return plan{}, usage("--alg %q: give one of %s", f.alg, strings.Join(names(algs), ", "))
	}
	p.options = append(p.options, testserver.SigningAlg(testserver.Alg(f.alg)))
	if f.seed != "" {
		p.server = append(p.server, testserver.Seed(f.seed))
	}
	for _, scope := range words(f.scope) {
		p.options = append(p.options, testserver.RequireScope(scope))
	}
	if f.audience != "" {
		p.options = append(p.options, testserver.Audience(f.audience))
	}
	for _, claim := range f.claims {
		name, value, ok := strings.Cut(claim, "=")
		if !ok || name == "" {
			return plan{}, usage("--claim: want name=value")
		}
		p.options = append(p.options, testserver.Claim(name, value))
	}
	for flag, list := range map[string][]string{"skip": f.skip, "also": f.also} {
		for _, name := range list {
			if status, _ := testserver.Defect(name).Expect(); status == 0 {
				return plan{}, usage("--%s %q: there is no such defect; see bearerguard check-api --help, or complete the flag", flag, name)
			}
			if flag == "skip" {
				p.options = append(p.options, testserver.SkipDefect(testserver.Defect(name)))
			} else {
				p.options = append(p.options, testserver.AlsoDefect(testserver.Defect(name)))
			}
		}
	}
	return p, nil
}

// request makes the request as often as it is wanted, since a body is read once.
func (f *checkFlags) request(u *url.URL) (func(context.Context) (*http.Request, error), error) {
	body := f.body
	if name, ok := strings.CutPrefix(body, "@"); ok {
		text, err := os.ReadFile(name) //nolint:gosec // the user names it
		if err != nil {
			return nil, usage("--body: %w", err)
		}
		body = string(text)
	}
	header := http.Header{}
	for _, line := range f.headers {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" {
			return nil, usage("--header: want 'Name: value'")
		}
		header.Add(name, strings.TrimSpace(value))
	}
	if _, ok := header["Authorization"]; ok {
		return nil, usage("--header: Authorization is what the check sets")
	}
	address := *u
	address.Fragment = ""
	request := func(ctx context.Context) (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, f.method, address.String(), strings.NewReader(body))
		if err != nil {
			return nil, fmt.Errorf("--method: %w", err)
		}
		r.Header = maps.Clone(header)
		return r, nil
	}
	if _, err := request(context.Background()); err != nil {
		return nil, usage("%w", err)
	}
	return request, nil
}

func defects() []string {
	all := slices.Collect(testserver.Defects())
	return names(append(all, testserver.NoKid, testserver.ExpFractional, testserver.MissingSub, testserver.Oversized, testserver.Revoked, testserver.InactiveOpaque, testserver.UnknownOpaque))
}

func names[S ~string](list []S) []string {
	var all []string
	for _, one := range list {
		all = append(all, string(one))
	}
	return all
}
