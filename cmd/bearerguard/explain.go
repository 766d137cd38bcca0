package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// explainFlags holds the flags that describe the API for which the token is
// intended.
type explainFlags struct {
	issuers, scope       []string
	audience, profile    string
	audienceClaim        string
	scopeClaims          []string
	introspector, secret string
	introspect           bool
	insecure, json       bool
	ready                readyFlag
	request              requestFlags
}

// profiles maps the values of --profile to profiles.
var profiles = map[string]middleware.Profile{"any": middleware.ProfileAny, "rfc9068": middleware.RFC9068}

func newExplain(s streams) *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:   "explain [TOKEN|-]",
		Short: "Show the checks of a token, up to the one that fails",
		Long: `Run an access token through every check of an API that is protected with Bearerguard,
in order: ✓ passed, ✗ refused, – not reached. Keys are fetched from the issuer, as the
API does. The token is not printed, but claims are: on a terminal the claims that the
failed check examined, in other output the claims that any check examined.

Give the token on standard input, with "-": every user who can list processes can see
command lines.

With --introspect the token is also introspected at the first issuer (RFC 7662). The
token may be opaque, or a JWT that may have been revoked. The client ID is
--introspect-client-id, else the client of the server found by --ready-file or, without
OAUTH_ISSUER, in this directory, else OAUTH_CLIENT_ID.

With --url the API also accepts tokens that are bound to a key (RFC 9449), and with
--certificate those that are bound to a certificate (RFC 8705). Whether a proof was used
before is not checked.

On a terminal the checks are a coloured table. Elsewhere the columns are separated by
tabs: result, name, requirement or reason of the refusal, expected value, found value.
NO_COLOR is respected.

Exit codes: 0 the token is accepted, 1 it is refused, 2 the command line is wrong,
3 unknown, because the issuer cannot be reached.`,
		Example: `  pbpaste | bearerguard token explain --issuer https://login.example.com \
      --audience https://api.example.com --scope orders:read -
  bearerguard token explain --audience api --url https://api.example.com/orders --proof proof.txt - < token
  bearerguard token explain --audience api --certificate client.pem - < token`,
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := f.verifier()
			if err != nil {
				return err
			}
			need, err := f.need()
			if err != nil {
				return err
			}
			token, err := readToken(s, args)
			if err != nil {
				return err
			}
			presented, err := f.request.credentials(token)
			if err != nil {
				return err
			}
			e := explain(cmd.Context(), v, presented, need...)
			e.recognise(token, f.issuers)
			if f.json {
				err = printJSON(s.out, e)
			} else {
				err = e.print(s.out, isTerminal(s.out), paintFor(s.out))
			}
			return errors.Join(err, e.verdict())
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.issuers, "issuer", nil, "issuer `URL` that the API trusts; may be repeated (default the issuer in the ready file, or $OAUTH_ISSUER)")
	f.ready.add(cmd)
	flags.StringVar(&f.audience, "audience", "", "`identifier` of the API, which aud must contain")
	flags.StringVar(&f.audienceClaim, "audience-claim", "", "`name` of the claim that contains the identifier of the API, if not aud, such as client_id for Cognito")
	flags.StringArrayVar(&f.scopeClaims, "scope-claim", nil, "`name` of a claim that may contain the scopes, or a JSON Pointer such as /realm_access/roles; may be repeated (default scope, scp)")
	addScope(cmd, &f.scope, "`scope` that the token must have; may be repeated, or contain several, separated by spaces")
	flags.StringVar(&f.profile, "profile", "any", "`profile` of the token format: any, or rfc9068 for exactly that profile")
	flags.BoolVar(&f.introspect, "introspect", false, "introspect the token at the first issuer")
	flags.StringVar(&f.introspector, "introspect-client-id", "", "like --introspect, as the client with this `ID`")
	flags.StringVar(&f.secret, "introspect-client-secret-file", "", "`file` with the secret of that client (default the secret in $OAUTH_CLIENT_SECRET)")
	f.request.add(cmd)
	flags.BoolVar(&f.insecure, "insecure-http", false, "allow http for hosts that are not on loopback: an attacker on the network can forge tokens")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	cli.Choices(cmd, "profile", slices.Sorted(maps.Keys(profiles)))
	for _, name := range []string{"issuer", "audience", "audience-claim", "scope-claim", "introspect-client-id"} {
		noFiles(cmd, name)
	}
	return cmd
}

// target returns the first trusted issuer, together with the client that
// introspects tokens there. It takes missing values from the environment or
// from a running server.
func (f *explainFlags) target() (target, error) {
	client := clientFlags{id: f.introspector, secretFile: f.secret, ready: f.ready}
	if len(f.issuers) > 0 {
		client.issuer = f.issuers[0]
	}
	at, err := client.target()
	if len(f.issuers) == 0 && at.issuer != "" {
		f.issuers = []string{at.issuer}
	}
	return at, err
}

func (f *explainFlags) verifier() (*middleware.Verifier, error) {
	profile := profiles[f.profile]
	at, err := f.target()
	switch {
	case err != nil:
		return nil, err
	case len(f.issuers) == 0:
		return nil, usage("the issuer is missing. Give --issuer or --ready-file, or set OAUTH_ISSUER")
	case f.audience == "":
		return nil, usage("the audience of the API is missing. Give --audience")
	}
	client := &http.Client{Transport: at.transport}
	config := middleware.Config{Audience: f.audience, Client: client, Realm: "api", Logger: slog.New(slog.DiscardHandler)}
	for _, url := range f.issuers {
		if err := fetch.CheckIssuer(url, f.insecure); err != nil {
			return nil, issuerFault(err)
		}
		config.Issuers = append(config.Issuers, middleware.Issuer{
			URL: url, InsecureHTTP: f.insecure, Profile: profile, AudienceClaim: f.audienceClaim, ScopeClaims: f.scopeClaims,
		})
	}
	if err := f.request.configure(&config); err != nil {
		return nil, err
	}
	switch {
	case f.introspect || f.introspector != "":
		introspector, err := f.introspection(at, client)
		if err != nil {
			return nil, err
		}
		config.Issuers[0].Introspection, config.Issuers[0].IntrospectionMode = introspector, middleware.IntrospectJWTs
	case f.secret != "":
		return nil, usage("--introspect-client-secret-file: the client ID for this secret is missing. Give --introspect-client-id")
	}
	v, err := middleware.NewVerifier(config)
	if err != nil {
		return nil, usage("%w", f.inFlags(err))
	}
	return v, nil
}

// inFlags replaces the names of configuration fields in an error with the names
// of the flags that set these fields.
func (f *explainFlags) inFlags(err error) error {
	text := reason(err)
	for i, url := range f.issuers {
		text = strings.ReplaceAll(text, fmt.Sprintf("Issuers[%d]", i), "--issuer "+url)
	}
	text = strings.NewReplacer("AudienceClaim", "--audience-claim", "ScopeClaims", "--scope-claim", "Audience", "--audience", "Issuers", "--issuer").Replace(text)
	return errors.New(text)
}

func (f *explainFlags) introspection(at target, client *http.Client) (*introspect.Client, error) {
	switch {
	case at.id == "":
		return nil, usage("introspection needs a client ID. Give --introspect-client-id, or set OAUTH_CLIENT_ID")
	case at.secret == "":
		return nil, usage("introspection needs a client secret. Give --introspect-client-secret-file, or set OAUTH_CLIENT_SECRET")
	}
	introspector, err := introspect.New(introspect.Config{
		Issuer: f.issuers[0], InsecureHTTP: f.insecure, Auth: introspect.Basic(at.id, at.secret), Client: client, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, usage("%w", err)
	}
	return introspector, nil
}

// need returns the requirement that --scope describes.
func (f *explainFlags) need() ([]scopes.Requirement, error) {
	required := words(f.scope)
	if len(required) == 0 {
		return nil, nil
	}
	for _, scope := range required {
		if strings.ContainsFunc(scope, func(c rune) bool { return c < '!' || c > '~' || c == '"' || c == '\\' }) {
			return nil, usage("--scope: %q is not a scope (RFC 6749 §3.3): use visible ASCII without spaces, double quotes or backslashes", scope)
		}
	}
	return []scopes.Requirement{scopes.All(required[0], required[1:]...)}, nil
}

// explanation is the result of checking one token.
type explanation struct {
	Accepted bool            `json:"accepted"`
	Status   int             `json:"status"` // HTTP status of the answer
	Code     middleware.Code `json:"error,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Checks   []checked       `json:"checks"`
	Provider *provider       `json:"provider,omitempty"` // nil if the provider is unknown
	Hints    []string        `json:"hints,omitempty"`    // possible causes of the refusal
}

// provider is the kind of authorization server that seems to have issued the
// token.
type provider struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Preset string `json:"preset"` // name of a function in package issuers
}

type checked struct {
	Name     string             `json:"name"`
	About    string             `json:"about"`
	Source   string             `json:"source,omitempty"`
	Result   middleware.Outcome `json:"result"`
	Reason   string             `json:"reason,omitempty"`
	Expected string             `json:"expected,omitempty"`
	Found    string             `json:"found,omitempty"`
}

func explain(ctx context.Context, v *middleware.Verifier, presented middleware.Credentials, need ...scopes.Requirement) explanation {
	steps, err := v.Explain(ctx, presented, need...)
	e := explanation{Accepted: err == nil, Status: 200}
	if refusal, ok := errors.AsType[*middleware.Error](err); ok {
		e.Status, e.Code, e.Reason = refusal.StatusCode(), refusal.Code, reason(err)
	}
	for _, s := range steps {
		e.Checks = append(e.Checks, checked{s.Name, s.About, s.Source, s.Outcome, reason(s.Err), s.Expected, s.Found})
	}
	return e
}

// recognise finds the provider that seems to have issued the token, and adds
// this provider to the explanation. For a refused token, it also adds hints
// about common faults. It does not verify the claims, so the provider and the
// hints may be wrong.
func (e *explanation) recognise(token string, trusted []string) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return
	}
	var object [2]map[string]any
	for i := range object {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(text, &object[i]) != nil {
			return
		}
	}
	shape, hints, found := shapes.Recognise(object[0], object[1])
	if found {
		e.Provider = &provider{Name: shape.Name, Title: shape.Title, Preset: "issuers." + shape.Preset}
	}
	if e.Accepted {
		return
	}
	iss, _ := object[1]["iss"].(string)
	for _, url := range trusted {
		switch {
		case iss == url+"/":
			hints = append(hints, "iss ends with a slash, and --issuer does not: add the slash to --issuer")
		case iss+"/" == url:
			hints = append(hints, "--issuer ends with a slash, and iss does not: remove the slash from --issuer")
		}
	}
	e.Hints = hints
}

// reason returns the message of err without the prefix of the library, or "" if
// err is nil.
func reason(err error) string {
	if err == nil {
		return ""
	}
	return strings.TrimPrefix(err.Error(), "bearerguard: ")
}

// verdict returns nil for an accepted token. Otherwise it returns an error that
// carries the exit code.
func (e explanation) verdict() error {
	switch {
	case e.Accepted:
		return nil
	case e.Code == middleware.CodeUnavailable, e.Code == middleware.CodeInternal:
		return coded{code: exitFailure}
	}
	return coded{code: exitNo}
}
