package main

import (
	"bytes"
	"os"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/testserver"
)

func newConfig(s streams) *cobra.Command {
	return parent("config", "Check and print configuration files, without a server", newConfigCheck(), newConfigPrint(s))
}

func newConfigCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check FILE", Short: "Check a file for serve --config; exit code 1 and all of its faults if it has some",
		Example: "  bearerguard config check auth.json",
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return usage("%w", err)
			}
			if _, err := testserver.FormatConfig(bytes.NewReader(text), false); err != nil {
				return coded{exitNo, err}
			}
			return nil
		},
	}
}

func newConfigPrint(s streams) *cobra.Command {
	var secrets bool
	cmd := &cobra.Command{
		Use: "print FILE", Short: "Print a file with its defaults filled in, and *** for its secrets",
		Example: "  bearerguard config print auth.json",
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return usage("%w", err)
			}
			out, err := testserver.FormatConfig(bytes.NewReader(text), secrets)
			if err != nil {
				return usage("%w", err)
			}
			_, err = s.out.Write(out)
			return err
		},
	}
	cmd.Flags().BoolVar(&secrets, "secrets", false, "print the secrets, so that it is a configuration file again")
	return cmd
}
