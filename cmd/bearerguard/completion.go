package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
	"github.com/bearerguard/bearerguard/internal/catalogue"
)

func defectNames() []string { return catalogue.Names(catalogue.AllDefects()) }

// allDefectNames returns the names of all defects in requests to an API: those
// of defectNames, the defects of certificate-bound tokens and the defects of
// proofs.
func allDefectNames() []string {
	return slices.Concat(defectNames(), catalogue.Names(catalogue.CertificateDefects), proofDefectNames())
}

// forEndpoint restricts the first argument of cmd to the names of endpoints and
// "any".
func forEndpoint(cmd *cobra.Command) *cobra.Command {
	cli.ArgChoices(cmd, catalogue.Names(append(catalogue.Endpoints(), catalogue.Any)))
	return cmd
}

// noFiles turns off the completion of file names for a flag.
func noFiles(cmd *cobra.Command, flag string) { cli.Offer(cmd, flag, nil) }
