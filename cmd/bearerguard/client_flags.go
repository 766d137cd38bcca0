package main

import (
	"cmp"
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
	"github.com/bearerguard/bearerguard/internal/fetch"
)

// clientFlags say which authorization server to ask, and as which client.
type clientFlags struct {
	issuer, id, secretFile string
	insecure               bool
}

func (f *clientFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.issuer, "issuer", "", "issuer `URL` of the authorization server (default $OAUTH_ISSUER)")
	flags.BoolVar(&f.insecure, "insecure-http", false, "allow http for hosts other than loopback ones: whoever sits between reads and forges all")
	noFiles(cmd, "issuer")
}

func (f *clientFlags) addClient(cmd *cobra.Command) {
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.id, "client-id", "", "`ID` of the client (default $OAUTH_CLIENT_ID)")
	flags.StringVar(&f.secretFile, "client-secret-file", "", "`file` with the secret of the client (default the secret in $OAUTH_CLIENT_SECRET, or none)")
	noFiles(cmd, "client-id")
}

// connectAs is connect for what only a client may do.
func (f *clientFlags) connectAs(ctx context.Context) (*asclient.Client, error) {
	id := cmp.Or(f.id, os.Getenv("OAUTH_CLIENT_ID"))
	if id == "" {
		return nil, usage("whose request is this? Give --client-id, or set OAUTH_CLIENT_ID")
	}
	secret, err := readSecret("client-secret-file", f.secretFile)
	if err != nil {
		return nil, err
	}
	return f.connect(ctx, id, secret)
}

// connect reads the metadata of the authorization server.
func (f *clientFlags) connect(ctx context.Context, id, secret string) (*asclient.Client, error) {
	issuer := cmp.Or(f.issuer, os.Getenv("OAUTH_ISSUER"))
	if issuer == "" {
		return nil, usage("which authorization server? Give --issuer, or set OAUTH_ISSUER")
	}
	as, err := asclient.Discover(ctx, asclient.Config{Issuer: issuer, InsecureHTTP: f.insecure, ID: id, Secret: secret})
	return as, clientFailure(err)
}

// clientFailure is err in the words of the command line, with the exit code that fits.
func clientFailure(err error) error {
	failed, ok := errors.AsType[*asclient.Error](err)
	if !ok {
		return err // which is nil
	}
	switch failed.Kind {
	case asclient.InvalidIssuer:
		return issuerFault(failed.Cause)
	case asclient.InvalidRedirect:
		return usage("--redirect-uri: %w", failed.Cause)
	case asclient.CannotListen:
		return failure("--redirect-uri: %w", failed.Cause)
	case asclient.NoSecret:
		return usage("the client needs its secret: give --client-secret-file, or set OAUTH_CLIENT_SECRET")
	case asclient.Metadata, asclient.Unreachable, asclient.Refused, asclient.Expired, asclient.InvalidAnswer:
	}
	if errors.Is(err, fetch.ErrInsecure) {
		return failure("%s: %w", failed.Doing, insecureHint(failed.Cause))
	}
	return failure("%w", err)
}

// issuerFault is why the issuer that a flag or the environment names cannot be asked.
func issuerFault(err error) error { return usage("--issuer: %w", insecureHint(err)) }

// insecureHint is err in the words of the command line.
func insecureHint(err error) error {
	if errors.Is(err, fetch.ErrInsecure) {
		return errors.New("not https: http is for loopback addresses, or with --insecure-http")
	}
	return err
}
