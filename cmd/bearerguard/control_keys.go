package main

import (
	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/internal/catalogue"
	wire "github.com/bearerguard/bearerguard/internal/control"
)

func newKeys(s streams) *cobra.Command {
	return parent("keys", "List, rotate, import and export the keys of the running server",
		newKeysList(s), newKeysRotate(s), newKeysExport(s), newKeysImport(s), newKeysPublish(s), newKeysRetire(s), newKeysFreeze(s), newKeysThaw(s))
}

var keyHeader = []string{"KID", "ALG", "SIGNS", "PUBLISHED"}

func keyRow(k wire.Key) []string { return []string{k.ID, k.Alg, yes(k.Signing), yes(k.Published)} }

func newKeysList(s streams) *cobra.Command {
	return dataCommand(s, &cobra.Command{
		Use: "list", Short: "List the keys, and whether they sign and are published",
		Example: "  bearerguard keys list",
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		return printList(cmd, c, control.ListKeys(), keyHeader, func(keys wire.Keys) []wire.Key { return keys.Keys }, keyRow)
	})
}

// printKey performs an operation whose answer is a key, and prints the key.
func printKey(cmd *cobra.Command, c *caller, op control.TypedOperation[wire.Key]) error {
	return printOne(cmd, c, op, keyHeader, keyRow)
}

func newKeysRotate(s streams) *cobra.Command {
	var how wire.Rotate
	cmd := &cobra.Command{
		Use: "rotate", Short: "Change the signing key, and print the new one",
		Long: `Change the signing key. Without flags the new key signs and is published at once, and
the old key stays published.`,
		Example: `  bearerguard keys rotate
  bearerguard keys rotate --publish-first && bearerguard keys rotate
  bearerguard keys rotate --drop-old
  bearerguard keys rotate --alg RS256`,
	}
	cmd.Flags().BoolVar(&how.PublishFirst, "publish-first", false, "publish the new key while the old one still signs; the next rotate switches to it")
	cmd.Flags().BoolVar(&how.SignFirst, "sign-first", false, "sign with the new key before it is published; see keys publish")
	cmd.Flags().BoolVar(&how.DropOld, "drop-old", false, "remove the old key from the key set")
	cmd.Flags().BoolVar(&how.ReuseKid, "reuse-kid", false, "give the new key the ID of the old one")
	cmd.Flags().StringVar((*string)(&how.Alg), "alg", "", "change the key of this `algorithm`; by default the algorithm of access tokens")
	cli.Choices(cmd, "alg", catalogue.Names(catalogue.Algs))
	cli.Exclusive(cmd, "publish-first", "sign-first", "drop-old")
	return dataCommand(s, cmd, func(cmd *cobra.Command, c *caller, _ []string) error {
		return printKey(cmd, c, control.RotateKeys(how))
	})
}

func newKeysExport(s streams) *cobra.Command {
	var req wire.Export
	cmd := &cobra.Command{
		Use: "export", Short: "Print the keys as a JSON Web Key Set, without private key material",
		Example: `  bearerguard keys export > jwks.json
  bearerguard keys export --private | jq .keys[0] > key.json`,
	}
	cmd.Flags().StringVar(&req.ID, "kid", "", "export only this key")
	cmd.Flags().BoolVar(&req.Private, "private", false, "include private key material and shared secrets")
	noFiles(cmd, "kid")
	return controlCommand(s, cmd, func(cmd *cobra.Command, c *caller, _ []string) error {
		text, err := c.do(cmd.Context(), control.ExportKeys(req))
		return printAnswer(c, text, err)
	})
}

func newKeysImport(s streams) *cobra.Command {
	var req wire.Import
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Import a private JWK and publish its public part; read standard input if FILE is -",
		Example: "  bearerguard keys import key.json --sign",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
	}
	cmd.Flags().BoolVar(&req.Sign, "sign", false, "also sign tokens with this key")
	return dataCommand(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		var err error
		if args[0] == "-" {
			req.Key, err = readInput(s)
		} else {
			req.Key, err = readFile("FILE", args[0])
		}
		if err != nil {
			return err
		}
		return printKey(cmd, c, control.ImportKey(req))
	})
}

func newKeysPublish(s streams) *cobra.Command {
	return dataCommand(s, &cobra.Command{
		Use: "publish KID", Short: "Publish a key that already signs, after rotate --sign-first",
		Example: "  bearerguard keys publish Ap3l9fWrT0d2Yq1x",
	}, func(cmd *cobra.Command, c *caller, args []string) error {
		return printKey(cmd, c, control.PublishKey(args[0]))
	})
}

func newKeysRetire(s streams) *cobra.Command {
	return controlCommand(s, &cobra.Command{
		Use: "retire KID", Short: "Remove a key from the key set",
		Example: "  bearerguard keys retire Ap3l9fWrT0d2Yq1x",
	}, func(cmd *cobra.Command, c *caller, args []string) error {
		_, err := c.do(cmd.Context(), control.RetireKey(args[0]))
		return err
	})
}

func newKeysFreeze(s streams) *cobra.Command {
	return controlCommand(s, &cobra.Command{
		Use: "freeze", Short: "Keep the published key set unchanged, like a stale cache, until thaw or reset",
		Example: "  bearerguard keys freeze && bearerguard keys rotate",
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		_, err := c.do(cmd.Context(), control.FreezeKeys())
		return err
	})
}

func newKeysThaw(s streams) *cobra.Command {
	return controlCommand(s, &cobra.Command{
		Use: "thaw", Short: "Publish the current keys again, after freeze",
		Example: "  bearerguard keys thaw",
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		_, err := c.do(cmd.Context(), control.ThawKeys())
		return err
	})
}
