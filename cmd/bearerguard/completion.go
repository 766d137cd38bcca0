package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/testserver"
)

// What shells are offered.
var (
	publicAlgs = []string{"ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA"}
	algNames   = append(slices.Clip(publicAlgs), "HS256", "HS384", "HS512")
	grantNames = []string{
		string(testserver.AuthorizationCode), string(testserver.ClientCredentials), string(testserver.RefreshToken), string(testserver.DeviceCode),
	}
	authMethodNames = []string{
		string(testserver.ClientSecretBasic), string(testserver.ClientSecretPost), string(testserver.PrivateKeyJWT), string(testserver.NoAuth),
	}
	onRequest = []string{
		string(testserver.NoKid), string(testserver.ExpFractional), string(testserver.MissingSub), string(testserver.Oversized),
		string(testserver.RetiredKey), string(testserver.Revoked), string(testserver.InactiveOpaque), string(testserver.UnknownOpaque),
	}
	endpointNames = []string{
		string(testserver.Discovery), string(testserver.ASMetadata), string(testserver.JWKS), string(testserver.Authorize),
		string(testserver.TokenEP), string(testserver.Introspect), string(testserver.RevokeEP), string(testserver.UserInfo),
		string(testserver.EndSession), string(testserver.DeviceAuthorization), string(testserver.LoginPage),
		string(testserver.ConsentPage), string(testserver.DevicePage), string(testserver.Any),
	}
)

func defectNames() []string {
	var names []string
	for d := range testserver.Defects() {
		names = append(names, string(d))
	}
	return append(names, onRequest...)
}

// completeArg lets a shell offer names for the first argument alone.
func completeArg(names []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// noFiles keeps a shell from offering file names for a flag.
func noFiles(cmd *cobra.Command, flag string) { complete(cmd, flag, nil) }

// complete lets a shell offer names for a flag.
func complete(cmd *cobra.Command, flag string, names []string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // there is no such flag
	}
}
