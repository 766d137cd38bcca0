package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/oauth2"
)

func newIntrospect(s streams) *cobra.Command {
	var client clientFlags
	var hint string
	cmd := &cobra.Command{
		Use:   "introspect [TOKEN|-]",
		Short: "Ask the authorization server whether a token is active",
		Long: `Ask the authorization server about a token (RFC 7662) and print its answer as JSON.

Exit codes: 0 the token is active, 1 it is not, 2 a wrong command line, 3 the
authorization server cannot be reached or refuses.`,
		Example: `  pbpaste | bearerguard token introspect --issuer https://login.example.com \
      --client-id orders-api --client-secret-file api.secret -`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			as, form, err := client.ask(cmd.Context(), s, args, hint)
			if err != nil {
				return err
			}
			at, err := as.at("introspection", as.Introspection)
			if err != nil {
				return err
			}
			answer, err := as.post(cmd.Context(), "nothing is known of the token", at, form, as.style(as.IntroAuth))
			if err != nil {
				return err
			}
			active, ok := answer["active"].(bool)
			if !ok {
				return failure("nothing is known of the token: the answer does not say whether it is active (RFC 7662 §2.2)")
			}
			if err := printJSON(s.out, answer); err != nil || active {
				return err
			}
			return coded{code: exitNo}
		},
	}
	client.addClient(cmd)
	addHint(cmd, &hint)
	return cmd
}

// newRevoke is one command for two kinds of server: the one that is named, and
// without --issuer a mock server whose control API is known.
func newRevoke(s streams) *cobra.Command {
	here := newTokenRevokeHere(s)
	cmd := newRevokeAt(s)
	cmd.Flags().AddFlagSet(here.Flags())
	there := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		flags := cmd.Flags()
		if !flags.Changed("issuer") && controlKnown(cmd) {
			return here.RunE(cmd, args)
		}
		if flags.Changed("sub") || flags.Changed("json") {
			return usage("--sub and --json are for the control API of a mock server: leave out --issuer")
		}
		return there(cmd, args)
	}
	return cmd
}

func newRevokeAt(s streams) *cobra.Command {
	var client clientFlags
	var hint string
	cmd := &cobra.Command{
		Use:   "revoke [TOKEN|-]",
		Short: "Revoke a token",
		Long: `Revoke an access or refresh token (RFC 7009), read from standard input if it is -
or left out. With a refresh token most servers end all that came of its grant. A
server also answers yes about a token that it does not know (§2.2).

Without --issuer, and with the control API of a server that serve or exec started,
that server is asked: it revokes tokens of its own alone, those that were minted as
well, or all that a subject was granted.

Exit codes: 0 the token is worth nothing now, 1 the mock server does not know it, 2 a
wrong command line, 3 the authorization server cannot be reached or refuses.`,
		Example: `  jq -r .refresh_token tokens.json | bearerguard token revoke --issuer https://login.example.com \
      --client-id cli -
  bearerguard token revoke --sub alice   # below exec, or with --ready-file`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			as, form, err := client.ask(cmd.Context(), s, args, hint)
			if err != nil {
				return err
			}
			at, err := as.at("revocation", as.Revocation)
			if err != nil {
				return err
			}
			_, err = as.post(cmd.Context(), "the token is not revoked", at, form, as.style(as.RevokeAuth))
			return err
		},
	}
	client.addClient(cmd)
	addHint(cmd, &hint)
	return cmd
}

func addHint(cmd *cobra.Command, hint *string) {
	kinds := []string{"access_token", "refresh_token"}
	cmd.Flags().StringVar(hint, "hint", "", "tell the server what `kind` of token it is: "+strings.Join(kinds, " or "))
	complete(cmd, "hint", kinds)
}

// ask prepares a question about one token.
func (f *clientFlags) ask(ctx context.Context, s streams, args []string, hint string) (*authServer, url.Values, error) {
	token, err := readToken(s, args)
	if err != nil {
		return nil, nil, err
	}
	as, err := f.connectAs(ctx)
	if err != nil {
		return nil, nil, err
	}
	as.hide(token)
	form := url.Values{"token": {token}}
	if hint != "" {
		form.Set("token_type_hint", hint)
	}
	return as, form, nil
}

func newUserInfo(s streams) *cobra.Command {
	var client clientFlags
	cmd := &cobra.Command{
		Use:   "userinfo [TOKEN|-]",
		Short: "Show what the authorization server says of a token's user",
		Long: `Ask the UserInfo endpoint (OpenID Connect Core 1.0 §5.3) with an access token that has
the scope openid, and print its answer as JSON.

Exit codes: 0 there is an answer, 2 a wrong command line, 3 the authorization
server cannot be reached or refuses.`,
		Example: `  bearerguard login --client-id cli --scope "openid profile" --field access_token |
      bearerguard token userinfo --issuer https://login.example.com -`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			token, err := readToken(s, args)
			if err != nil {
				return err
			}
			as, err := client.connect(cmd.Context())
			if err != nil {
				return err
			}
			at, err := as.at("userinfo", as.UserInfo)
			if err != nil {
				return err
			}
			as.hide(token)
			r, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, at, nil)
			if err != nil {
				return failure("userinfo: %w", err)
			}
			r.Header.Set("Authorization", "Bearer "+token)
			answer, err := as.exchange("nothing is known of the user", r)
			if err != nil {
				return err
			}
			return printJSON(s.out, answer)
		},
	}
	client.add(cmd)
	return cmd
}

// post sends a form as the client.
func (s *authServer) post(ctx context.Context, doing, at string, form url.Values, style oauth2.AuthStyle) (map[string]any, error) {
	if style == oauth2.AuthStyleInParams {
		form.Set("client_id", s.id)
		if s.secret != "" {
			form.Set("client_secret", s.secret)
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, failure("%s: %w", doing, err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if style == oauth2.AuthStyleInHeader {
		r.SetBasicAuth(url.QueryEscape(s.id), url.QueryEscape(s.secret)) // RFC 6749 §2.3.1
	}
	return s.exchange(doing, r)
}

// challengeCode is the error of a Bearer challenge (RFC 6750 §3).
var challengeCode = regexp.MustCompile(`(?i)\berror="?([^",]*)`)

// exchange returns the JSON object that a server answers with, nil for an empty
// body, which is all that RFC 7009 §2.2 has.
func (s *authServer) exchange(doing string, r *http.Request) (map[string]any, error) {
	r.Header.Set("Accept", "application/json")
	resp, err := s.http.Do(r)
	if err != nil {
		return nil, failure("%s: %w", doing, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxInput))
	if err != nil {
		return nil, failure("%s: %w", doing, err)
	}
	var answer map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	unreadable := d.Decode(&answer)
	if resp.StatusCode != http.StatusOK {
		code, _ := answer["error"].(string)
		description, _ := answer["error_description"].(string)
		if m := challengeCode.FindStringSubmatch(resp.Header.Get("WWW-Authenticate")); m != nil {
			code = cmp.Or(code, m[1])
		}
		return nil, s.refused(doing, refusal{resp.StatusCode, code, description})
	}
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media != "" && media != "application/json" && len(body) > 0 {
		unreadable = errors.Join(unreadable, errors.New("not JSON"))
	}
	if unreadable != nil && len(body) > 0 {
		return nil, failure("%s: the answer of the authorization server is not a JSON object", doing)
	}
	return answer, nil
}
