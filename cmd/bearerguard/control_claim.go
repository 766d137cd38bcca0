package main

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/spf13/cobra"
)

// claimFlags holds the values of two flags that set claims: one for strings,
// such as --claim, and one for any JSON value, such as --claim-json.
type claimFlags struct {
	flag          string
	texts, values []string
}

// namedByPointer is appended to the help of flags that set claims of tokens.
// The help of flags that set claims of users does not contain it, because a
// JSON Pointer cannot name a claim of a user.
const namedByPointer = "; the name may be a JSON Pointer such as /realm_access/roles"

func (f *claimFlags) add(cmd *cobra.Command, flag, named string) {
	f.flag = flag
	cmd.Flags().StringArrayVar(&f.texts, flag, nil, "`name=text` of a claim that is a string; may be repeated"+named)
	cmd.Flags().StringArrayVar(&f.values, flag+"-json", nil, "`name=JSON` of any claim; may be repeated"+named)
	noFiles(cmd, flag)
	noFiles(cmd, flag+"-json")
}

func (f *claimFlags) claims() (map[string]json.RawMessage, error) {
	texts, err := pairs("--"+f.flag, f.texts, func(text string) (json.RawMessage, bool) {
		b, err := json.Marshal(text)
		return b, err == nil
	})
	if err != nil {
		return nil, err
	}
	values, err := jsonPairs("--"+f.flag+"-json", f.values)
	if err != nil {
		return nil, err
	}
	maps.Copy(texts, values)
	return texts, nil
}

func jsonPairs(flag string, list []string) (map[string]json.RawMessage, error) {
	return pairs(flag, list, func(text string) (json.RawMessage, bool) { return json.RawMessage(text), json.Valid([]byte(text)) })
}

func pairs(flag string, list []string, value func(string) (json.RawMessage, bool)) (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	for _, pair := range list {
		name, text, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, usage("%s %q: want name=value", flag, pair)
		}
		if all[name], ok = value(text); !ok {
			return nil, usage("%s %s: the value is not JSON. In JSON, a string is in double quotes", flag, name)
		}
	}
	return all, nil
}
