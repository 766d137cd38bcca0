package main

import (
	"net/http"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/internal/control"
)

func newKeys(s streams) *cobra.Command {
	return parent("keys", "List, rotate and exchange the keys of the running server",
		newKeysList(s), newKeysRotate(s), newKeysExport(s), newKeysImport(s), newKeysPublish(s), newKeysRetire(s), newKeysFreeze(s), newKeysThaw(s))
}

var keyHeader = []string{"KID", "ALG", "SIGNS", "PUBLISHED"}

func keyRow(k control.Key) []string { return []string{k.ID, k.Alg, yes(k.Signing), yes(k.Published)} }

func newKeysList(s streams) *cobra.Command {
	return printing(s, &cobra.Command{
		Use: "list", Short: "List the keys: which sign, and which the key set shows",
		Example: "  bearerguard keys list", Args: cobra.NoArgs,
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		return printList(cmd, c, "/v1/keys", keyHeader, func(keys control.Keys) []control.Key { return keys.Keys }, keyRow)
	})
}

// askKey sends a request whose answer is a key, and prints that.
func askKey(cmd *cobra.Command, c *caller, path string, in any) error {
	return printOne(cmd, c, http.MethodPost, path, in, keyHeader, keyRow)
}

func newKeysRotate(s streams) *cobra.Command {
	var how control.Rotate
	cmd := &cobra.Command{
		Use: "rotate", Short: "Change the signing key, and print the new one",
		Long: `Change the signing key. Without flags the new one signs and is published at once, and
the old one stays published.`,
		Example: `  bearerguard keys rotate
  bearerguard keys rotate --publish-first && bearerguard keys rotate
  bearerguard keys rotate --drop-old`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&how.PublishFirst, "publish-first", false, "publish the new key while the old one signs; the next rotate uses it")
	cmd.Flags().BoolVar(&how.SignFirst, "sign-first", false, "sign with the new key before the key set shows it; see keys publish")
	cmd.Flags().BoolVar(&how.DropOld, "drop-old", false, "take the old key out of the key set")
	cmd.Flags().BoolVar(&how.ReuseKid, "reuse-kid", false, "give the new key the ID of the old one")
	cmd.MarkFlagsMutuallyExclusive("publish-first", "sign-first", "drop-old")
	return printing(s, cmd, func(cmd *cobra.Command, c *caller, _ []string) error {
		return askKey(cmd, c, "/v1/keys/rotate", how)
	})
}

func newKeysExport(s streams) *cobra.Command {
	var ask control.Export
	cmd := &cobra.Command{
		Use: "export", Short: "Print the keys as a JSON Web Key Set, without their private parts",
		Example: `  bearerguard keys export > jwks.json
  bearerguard keys export --private | jq .keys[0] > key.json`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&ask.ID, "kid", "", "this key alone")
	cmd.Flags().BoolVar(&ask.Private, "private", false, "with their private parts, and shared secrets")
	noFiles(cmd, "kid")
	return calling(s, cmd, func(cmd *cobra.Command, c *caller, _ []string) error {
		text, err := c.call(cmd.Context(), http.MethodPost, "/v1/keys/export", ask, nil)
		return orJSON(c, text, err)
	})
}

func newKeysImport(s streams) *cobra.Command {
	var ask control.Import
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Publish a private JWK, read from standard input if FILE is -",
		Example: "  bearerguard keys import key.json --sign", Args: cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
	}
	cmd.Flags().BoolVar(&ask.Sign, "sign", false, "and sign with it")
	return printing(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		var err error
		if args[0] == "-" {
			ask.Key, err = readInput(s)
		} else {
			ask.Key, err = readFile("FILE", args[0])
		}
		if err != nil {
			return err
		}
		return askKey(cmd, c, "/v1/keys/import", ask)
	})
}

func newKeysPublish(s streams) *cobra.Command {
	return printing(s, &cobra.Command{
		Use: "publish KID", Short: "Show a key that signs already in the key set: what follows rotate --sign-first",
		Example: "  bearerguard keys publish Ap3l9fWrT0d2Yq1x", Args: cobra.ExactArgs(1),
	}, func(cmd *cobra.Command, c *caller, args []string) error {
		return askKey(cmd, c, "/v1/keys/publish", control.KeyID{ID: args[0]})
	})
}

func newKeysRetire(s streams) *cobra.Command {
	return calling(s, &cobra.Command{
		Use: "retire KID", Short: "Take a key out of the key set",
		Example: "  bearerguard keys retire Ap3l9fWrT0d2Yq1x", Args: cobra.ExactArgs(1),
	}, func(cmd *cobra.Command, c *caller, args []string) error {
		_, err := c.call(cmd.Context(), http.MethodPost, "/v1/keys/retire", control.KeyID{ID: args[0]}, nil)
		return err
	})
}

func newKeysFreeze(s streams) *cobra.Command {
	return calling(s, &cobra.Command{
		Use: "freeze", Short: "Let the key set go on showing what it shows now, as a stale cache would, until thaw or reset",
		Example: "  bearerguard keys freeze && bearerguard keys rotate", Args: cobra.NoArgs,
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		_, err := c.call(cmd.Context(), http.MethodPost, "/v1/keys/freeze", nil, nil)
		return err
	})
}

func newKeysThaw(s streams) *cobra.Command {
	return calling(s, &cobra.Command{
		Use: "thaw", Short: "Let the key set show the keys again",
		Example: "  bearerguard keys thaw", Args: cobra.NoArgs,
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		_, err := c.call(cmd.Context(), http.MethodPost, "/v1/keys/thaw", nil, nil)
		return err
	})
}
