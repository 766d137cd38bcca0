package main

import "github.com/spf13/cobra"

// noFiles keeps a shell from offering file names for a flag.
func noFiles(cmd *cobra.Command, flag string) { complete(cmd, flag, nil) }

// complete lets a shell offer names for a flag.
func complete(cmd *cobra.Command, flag string, names []string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // there is no such flag
	}
}
