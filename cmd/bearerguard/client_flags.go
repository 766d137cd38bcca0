package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/spf13/cobra"
	"golang.org/x/oauth2"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
	"github.com/bearerguard/bearerguard/internal/fetch"
)

// clientFlags holds the flags that select the authorization server and the
// client.
type clientFlags struct {
	issuer, id, secretFile string
	ready                  readyFlag
	insecure               bool
}

func (f *clientFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.issuer, "issuer", "", "issuer `URL` of the authorization server (default the issuer in the ready file, or $OAUTH_ISSUER)")
	flags.BoolVar(&f.insecure, "insecure-http", false, "allow http for hosts that are not on loopback: an attacker on the network can read and forge everything")
	f.ready.add(cmd)
	noFiles(cmd, "issuer")
}

func (f *clientFlags) addClient(cmd *cobra.Command) {
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.id, "client-id", "", "`ID` of the client (default the client in the ready file, or $OAUTH_CLIENT_ID)")
	flags.StringVar(&f.secretFile, "client-secret-file", "", "`file` with the secret of the client (default the secret in $OAUTH_CLIENT_SECRET, or none)")
	noFiles(cmd, "client-id")
}

// connectAs takes the target from the flags and calls connect. It requires a
// client ID.
func (f *clientFlags) connectAs(ctx context.Context) (*asclient.Client, error) {
	t, err := f.target()
	if err != nil {
		return nil, err
	}
	if t.id == "" {
		return nil, usage("the client ID is missing. Give --client-id, or set OAUTH_CLIENT_ID")
	}
	return f.connect(ctx, t)
}

// connect fetches the metadata of the authorization server and returns a client
// for it.
func (f *clientFlags) connect(ctx context.Context, t target) (*asclient.Client, error) {
	if t.issuer == "" {
		return nil, usage("the issuer is missing. Give --issuer or --ready-file, or set OAUTH_ISSUER")
	}
	if t.transport != nil {
		ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: t.transport})
	}
	as, err := asclient.Discover(ctx, asclient.Config{Issuer: t.issuer, InsecureHTTP: f.insecure, ID: t.id, Secret: t.secret})
	return as, clientFailure(err)
}

// clientFailure converts an error of package asclient. The new error has an
// exit code. If a wrong or missing flag is the cause, the message names the
// flag.
func clientFailure(err error) error {
	failed, ok := errors.AsType[*asclient.Error](err)
	if !ok {
		return err // err is nil
	}
	switch failed.Kind {
	case asclient.InvalidIssuer:
		return issuerFault(failed.Cause)
	case asclient.InvalidRedirect:
		return usage("--redirect-uri: %w", failed.Cause)
	case asclient.CannotListen:
		return failure("--redirect-uri: %w", failed.Cause)
	case asclient.NoSecret:
		return usage("the client secret is missing. Give --client-secret-file, or set OAUTH_CLIENT_SECRET")
	case asclient.Metadata, asclient.Unreachable, asclient.Refused, asclient.Expired, asclient.InvalidAnswer:
	}
	if errors.Is(err, fetch.ErrInsecure) {
		return failure("%s: %w", failed.Doing, insecureHint(failed.Cause))
	}
	return failure("%w", err)
}

// issuerFault returns the error for an invalid issuer.
func issuerFault(err error) error { return usage("--issuer: %w", insecureHint(err)) }

// insecureHint replaces fetch.ErrInsecure with an error that mentions
// --insecure-http.
func insecureHint(err error) error {
	if errors.Is(err, fetch.ErrInsecure) {
		return errors.New("must be an https URL (http is allowed only for loopback addresses, or with --insecure-http)")
	}
	return err
}
