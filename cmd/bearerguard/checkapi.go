package main

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/internal/control"
)

// checkFlags holds the flags that describe a request, the token that the
// request needs, and the server that issues the token. The API must answer the
// request with 2xx if the request contains this token.
type checkFlags struct {
	req                control.Check
	headers            []string
	scope              []string
	needs              []string // values of --require-claim, as name=value
	aud                string
	certFile, rootFile string
	claims             claimFlags
	server             serverFlags
	wait               time.Duration

	// The roots are read from --ca-file, the certificates from
	// --client-cert-file.
	roots        *x509.CertPool
	certificates []tls.Certificate
	tap          bool
}

func newCheckAPI(s streams) *cobra.Command {
	f := checkFlags{server: serverFlags{control: anyPort}}
	cmd := &cobra.Command{
		Use:   "check-api URL [-- PROGRAM [ARGUMENT...]]",
		Short: "Send an API every kind of bad token and check its answers",
		Long: `Send about 150 requests to an API in any language: with a good token, with each known
defect, without a token, with two tokens … Report each answer that violates RFC 6750 or
the RFCs behind it. URL is a route that accepts a good token.

The tokens come from a mock authorization server that the API must trust:

- the server that serve or exec has started, if its control API is found and no other
  server is selected. It sends the requests, so it must be able to reach URL;
- with --addr, a server that runs during the check. Configure the API for the issuer
  http://ADDR, or for the issuer in --issuer. If the API caches keys between checks, use
  --seed: the server then has the same keys in each check;
- or let the command start the API: a program after -- gets OAUTH_ISSUER,
  OAUTH_JWKS_URI, OAUTH_AUDIENCE and so on in its environment, and is stopped after the
  check. Its output goes to standard error.

Turn off limits on the number of requests or failures, or set them high.

Exit codes: 0 all answers are right, 1 some are wrong, 2 the command line is wrong,
3 the API cannot be reached.`,
		Example: `  bearerguard exec -- sh -c './orders-api & bearerguard check-api --wait 10s http://localhost:8080/orders --scope orders:read'

  ISSUER=http://127.0.0.1:9400 AUDIENCE=api ./orders-api &
  bearerguard check-api http://localhost:8080/orders --addr 127.0.0.1:9400 --scope orders:read

  bearerguard check-api http://localhost:8080/admin --addr 127.0.0.1:9400 --require-claim /realm_access/roles=admin

  bearerguard check-api http://localhost:8080/orders --addr 127.0.0.1:9400 --dpop

  bearerguard check-api https://localhost:8443/orders --addr 127.0.0.1:9400 --client-cert --ca-file ca.pem

  bearerguard check-api http://localhost:8080/orders --audience orders --alg RS256 --tap -- \
      sh -c 'ISSUER=$OAUTH_ISSUER exec node api.js'`,
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.req.Method, "method", "X", http.MethodGet, "`method` of the request")
	flags.StringArrayVarP(&f.headers, "header", "H", nil, "header field `'Name: value'` of the request; may be repeated")
	flags.StringVar(&f.req.Body, "body", "", "`text` of the request body, or @ and the name of a file")
	addScope(cmd, &f.scope, "`scope` that the route requires; may be repeated, or contain several, separated by spaces")
	flags.StringVar(&f.aud, "audience", "", "`identifier` of the API in aud (default the audience of the server, which is api unless configured)")
	flags.StringArrayVar(&f.needs, "require-claim", nil, "`name=value`: a claim, and a value in it that the route requires, such as a role; may be repeated"+namedByPointer)
	flags.StringArrayVar((*[]string)(&f.req.RequireACR), "require-acr", nil, "`value` of acr that the route requires; may be repeated if one of several values is enough, the preferred one first")
	flags.DurationVar((*time.Duration)(&f.req.RequireAuthWithin), "require-auth-within", 0, "longest time since the login that the route allows, such as 5m")
	flags.BoolVar(&f.req.RequireMetadata, "require-metadata", false, "also check the protected resource metadata that the challenges name (RFC 9728)")
	flags.BoolVar(&f.req.RequireDPoP, "dpop", false, "bind the tokens to a key and send proofs, good and bad (RFC 9449)")
	flags.StringVar(&f.req.Origin, "origin", "", "with --dpop, the `URL` of the API as clients know it, if not that of URL, with the path prefix that a proxy strips")
	flags.BoolVar(&f.req.RequireClientCert, "client-cert", false, "bind the tokens to a TLS certificate of the client, and present it, another one or none (RFC 8705); URL must be https")
	flags.StringVar(&f.certFile, "client-cert-file", "", "like --client-cert, with the certificate and its private key in a `file`, in PEM, if the API accepts only certificates of its own authorities")
	flags.StringVar(&f.rootFile, "ca-file", "", "`file` with root certificates, in PEM, to trust for an https URL (default those of the system)")
	f.claims.add(cmd, "claim", namedByPointer)
	flags.StringVar(&f.req.Alg, "alg", "", "`algorithm` that signs the tokens (default the server's)")
	flags.StringSliceVar(&f.req.Skip, "skip", nil, "`defect`s that the API accepts on purpose, separated by commas")
	flags.StringSliceVar(&f.req.Also, "also", nil, "`defect`s that an API may accept, but this one must refuse")
	flags.StringVar(&f.server.addr, "addr", anyPort, "`host:port` of a server that runs during the check")
	flags.StringVar(&f.server.issuer, "issuer", "", "issuer `URL` of that server, if the API reaches it at another URL than http://ADDR")
	flags.StringVar(&f.server.seed, "seed", "", "`text` from which the keys of that server are derived; anyone who knows the text can sign tokens")
	flags.BoolVar(&f.server.allowRemote, "allow-remote", false, "allow other machines, such as containers, to reach that server and get tokens")
	flags.DurationVar(&f.wait, "wait", 0, "how long to wait for the first answer of the API (default 30s with a program after --)")
	flags.BoolVar(&f.tap, "tap", false, "print TAP, the Test Anything Protocol")
	cli.Choices(cmd, "skip", allDefectNames())
	cli.Choices(cmd, "also", allDefectNames())
	cli.Choices(cmd, "alg", catalogue.Names(catalogue.PublicAlgs))
	cli.Offer(cmd, "method", methods)
	for _, name := range []string{"require-claim", "require-acr", "origin", "header", "audience", "addr", "issuer", "seed"} {
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

// checkFlagNames replaces the names of members in a text of the control API
// with the names of the flags that set these members.
var checkFlagNames = strings.NewReplacer(
	"scope, require_claim, aud and claims", "--scope, --require-claim, --audience and --claim",
	"give aud.", "give --audience.",
	"scope: ", "--scope: ",
	"origin is ", "--origin is ",
	"origin has ", "--origin has ",
	"with origin.", "with --origin.",
	"require_claim", "--require-claim",
	"require_acr", "--require-acr",
	"require_auth_within", "--require-auth-within",
	"require_dpop", "--dpop",
	"require_client_cert", "--client-cert",
)

// prepare fills in the description of the request from the flags. It returns an
// error if it finds a fault in the flags. It does not contact a server.
func (f *checkFlags) prepare(url string) (err error) {
	f.req.URL, f.req.Scope, f.req.Header = url, words(f.scope), map[string]control.Texts{}
	if f.aud != "" {
		f.req.Aud = control.Texts{f.aud}
	}
	if f.req.Claims, err = f.claims.claims(); err != nil {
		return err
	}
	f.req.RequireClaim = map[string]control.Texts{}
	for _, need := range f.needs {
		name, value, ok := strings.Cut(need, "=")
		if !ok || name == "" || value == "" {
			return usage("--require-claim %q: want name=value", need)
		}
		f.req.RequireClaim[name] = append(f.req.RequireClaim[name], value)
	}
	if name, ok := strings.CutPrefix(f.req.Body, "@"); ok {
		text, err := readFile("--body", name)
		if err != nil {
			return err
		}
		f.req.Body = string(text)
	}
	if f.rootFile != "" {
		text, err := readFile("--ca-file", f.rootFile)
		if err != nil {
			return err
		}
		if f.roots = x509.NewCertPool(); !f.roots.AppendCertsFromPEM(text) {
			return usage("--ca-file %s: want certificates in PEM", f.rootFile)
		}
		f.req.Roots = string(text)
	}
	if f.certFile != "" {
		text, err := readFile("--client-cert-file", f.certFile)
		if err != nil {
			return err
		}
		pair, err := tls.X509KeyPair(text, text)
		if err != nil {
			return usage("--client-cert-file %s: want a certificate and its private key, in PEM", f.certFile)
		}
		f.req.RequireClientCert, f.req.ClientCert, f.certificates = true, string(text), []tls.Certificate{pair}
	}
	for _, line := range f.headers {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" {
			return usage("--header: want 'Name: value'")
		}
		if strings.EqualFold(name, "Authorization") {
			return usage("--header: leave out Authorization, because the check sets it itself")
		}
		f.req.Header[name] = append(f.req.Header[name], strings.TrimSpace(value))
	}
	return nil
}
