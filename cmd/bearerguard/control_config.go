package main

import (
	"bytes"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/testserver"
)

func newConfig(s streams) *cobra.Command {
	return parent("config", "Check and print configuration files, without a server", newConfigCheck(), newConfigPrint(s))
}

func newConfigCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check FILE", Short: "Check a file for serve --config; if it is wrong, list its faults and exit with code 1",
		Example: "  bearerguard config check auth.json",
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return usage("%w", err)
			}
			if _, err := testserver.FormatConfig(bytes.NewReader(text), false); err != nil {
				return coded{exitNo, inFile(args[0], err)}
			}
			return nil
		},
	}
}

// inFile adds the name of the configuration file to an error. It inserts the
// name at the beginning of each line that describes a fault in this file.
func inFile(name string, err error) error {
	lines := strings.Split(strings.TrimPrefix(err.Error(), "testserver.Start: "), "\n")
	inConfig := false // whether the current line of err's text is about a fault in the configuration file
	for i, line := range lines {
		rest, ok := strings.CutPrefix(line, "ConfigJSON: ")
		option := strings.HasPrefix(line, "Addr(") || strings.HasPrefix(line, "IssuerURL")
		if inConfig = (inConfig || ok) && !option; inConfig {
			lines[i] = name + ": " + rest
		}
	}
	return errors.New(strings.Join(lines, "\n"))
}

func newConfigPrint(s streams) *cobra.Command {
	var secrets bool
	cmd := &cobra.Command{
		Use: "print FILE", Short: "Print a file with its defaults filled in, and with *** instead of secrets",
		Example: "  bearerguard config print auth.json",
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return usage("%w", err)
			}
			out, err := testserver.FormatConfig(bytes.NewReader(text), secrets)
			if err != nil {
				return usage("%w", inFile(args[0], err))
			}
			_, err = s.out.Write(out)
			return err
		},
	}
	cmd.Flags().BoolVar(&secrets, "secrets", false, "print the secrets too, so that the output is a complete configuration file")
	return cmd
}
