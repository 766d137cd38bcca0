package main

import (
	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

func defectNames() []string { return catalogue.Names(catalogue.AllDefects()) }

// endpointNames are those of all endpoints, and any.
func endpointNames() []string { return catalogue.Names(append(catalogue.Endpoints(), catalogue.Any)) }

// completeArg lets a shell offer names only for the first argument.
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
