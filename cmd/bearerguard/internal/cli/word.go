package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// unknownCommand returns the error for a name that is not a subcommand of cmd.
func unknownCommand(cmd *cobra.Command, name string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return fmt.Errorf("unknown command %q.%s See %s --help", cmd.CommandPath()+" "+name, suggestion(similar(name, names)), cmd.CommandPath())
}

// oneOf returns an error if a word is not one of the given names.
func oneOf(what, word string, names []string) error {
	if slices.Contains(names, word) {
		return nil
	}
	if guesses := similar(word, names); len(guesses) > 0 {
		return fmt.Errorf("%s: %q is unknown.%s", what, word, suggestion(guesses))
	}
	return fmt.Errorf("%s: %q is unknown. Give one of %s", what, word, strings.Join(names, ", "))
}

// similar returns the names that are similar to a word. Because cobra can
// compare only the names of commands, a temporary command is made for each
// name.
func similar(word string, names []string) []string {
	c := &cobra.Command{SuggestionsMinimumDistance: 2}
	for _, name := range names {
		c.AddCommand(&cobra.Command{Use: name, Run: func(*cobra.Command, []string) {}})
	}
	if word == "" {
		return nil
	}
	return c.SuggestionsFor(word)
}

func suggestion(guesses []string) string {
	if len(guesses) == 0 {
		return ""
	}
	return " Did you mean " + strings.Join(guesses, " or ") + "?"
}
