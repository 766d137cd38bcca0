package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// unknownCommand is the fault of a name that no command below cmd has.
func unknownCommand(cmd *cobra.Command, name string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return fmt.Errorf("unknown command %q.%s See %s --help", cmd.CommandPath()+" "+name, meant(alike(name, names)), cmd.CommandPath())
}

// oneOf reports a word that is not one of names.
func oneOf(what, word string, names []string) error {
	if slices.Contains(names, word) {
		return nil
	}
	if guesses := alike(word, names); len(guesses) > 0 {
		return fmt.Errorf("%s: %q is unknown.%s", what, word, meant(guesses))
	}
	return fmt.Errorf("%s: %q is unknown. Give one of %s", what, word, strings.Join(names, ", "))
}

// alike are those of names that may have been meant by a word. cobra compares only
// names of commands, so the names become commands.
func alike(word string, names []string) []string {
	c := &cobra.Command{SuggestionsMinimumDistance: 2}
	for _, name := range names {
		c.AddCommand(&cobra.Command{Use: name, Run: func(*cobra.Command, []string) {}})
	}
	if word == "" {
		return nil
	}
	return c.SuggestionsFor(word)
}

func meant(guesses []string) string {
	if len(guesses) == 0 {
		return ""
	}
	return " Did you mean " + strings.Join(guesses, " or ") + "?"
}
