package main

import (
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver"
)

func newProof(s streams) *cobra.Command {
	var keyFile, method, target, tokenFile, nonce, defect string
	cmd := &cobra.Command{
		Use:   "proof",
		Short: "Print a DPoP proof for one request",
		Long: `Print a DPoP proof (RFC 9449 §4.2) for one request, to be sent in the field DPoP. The
proof is made now, and most APIs accept it once, for a minute or so. With --defect,
the output can also be empty or have two lines, one for each field.

Exit codes: 0 the proof was made, 2 the command line is wrong.`,
		Example: `  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out client.key
  bearerguard token mint --dpop client.key > token
  curl -H "Authorization: DPoP $(cat token)" http://localhost:8080/orders \
      -H "DPoP: $(bearerguard token proof --dpop client.key --url http://localhost:8080/orders --token token)"`,
		RunE: func(_ *cobra.Command, _ []string) error {
			if keyFile == "" {
				return usage("the client's private key is missing. Give its file with --dpop")
			}
			_, key, err := readKey("--dpop", keyFile)
			if err != nil {
				return err
			}
			if u, err := url.Parse(target); err != nil || u.Scheme == "" || u.Host == "" {
				return usage("--url %q: want the URL that the client requests, such as https://api.example.com/orders", target)
			}
			accessToken, err := readTokenOf(s, tokenFile)
			if err != nil {
				return err
			}
			var opts []testserver.TokenOption
			if nonce != "" {
				opts = append(opts, testserver.Claim("nonce", nonce))
			}
			if defect != "" {
				opts = append(opts, testserver.With(testserver.Defect(defect)))
			}
			fields := testserver.Proof(key, method, target, accessToken, opts...)
			return printText(s.out, strings.Join(append(fields, ""), "\n"))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&keyFile, "dpop", "", "`file` with the client's private key, in PEM or as a JWK")
	flags.StringVarP(&method, "method", "X", http.MethodGet, "`method` of the request")
	flags.StringVar(&target, "url", "", "`URL` that the client requests")
	flags.StringVar(&tokenFile, "token", "", "`file` with the access token of the request, or - for standard input; leave it out for a request to the token endpoint")
	flags.StringVar(&nonce, "nonce", "", "`value` of the field DPoP-Nonce in the last answer")
	flags.StringVar(&defect, "defect", "", "make a bad proof; give the `defect` to token mint, too. One of "+strings.Join(proofDefectNames(), ", "))
	cli.Choices(cmd, "defect", proofDefectNames())
	cli.Offer(cmd, "method", methods)
	for _, name := range []string{"url", "nonce"} {
		noFiles(cmd, name)
	}
	return cmd
}

var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}

func proofDefectNames() []string {
	return catalogue.Names(slices.Concat(catalogue.ProofDefects, catalogue.ProofDefectsOnRequest))
}

// readKey reads the private key of a client from a file. It also returns the
// text of the file.
func readKey(flag, name string) (text []byte, key testserver.Key, err error) {
	text, err = readFile(flag, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, key, usage("%w. Make it with one of these commands: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out %s (a new key), or bearerguard keys export --private > %[2]s (a key of the running server)", err, name)
	}
	if err != nil {
		return nil, key, err
	}
	if key, err = testserver.ParseKey(text); err == nil && key.Private == nil {
		err = errors.New("a shared secret has no public key, which DPoP needs")
	}
	if err != nil {
		return nil, key, usage("%s %s: the file must contain a private key in PEM or a private JWK: %w", flag, name, err)
	}
	return text, key, nil
}

// readTokenOf returns the token of a request from the file with the given name,
// or from standard input if the name is "-". If the name is "", it returns "".
func readTokenOf(s streams, name string) (string, error) {
	switch name {
	case "":
		return "", nil
	case "-":
		return readToken(s, nil)
	}
	text, err := readFile("--token", name)
	if err != nil {
		return "", err
	}
	return readToken(s, []string{string(text)})
}
