package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// checkArgs returns an error if an argument is missing or superfluous.
func checkArgs(cmd *cobra.Command, args []string) error {
	use, _, program := strings.Cut(cmd.Use, "[--") // [-- begins the command line of another program
	_, name, _ := strings.Cut(cmd.CommandPath(), " ")
	if dash := cmd.ArgsLenAtDash(); program && dash >= 0 {
		if dash == len(args) {
			return fmt.Errorf("%s: the program after -- is missing. Give a program, or leave out --", name)
		}
		args = args[:dash]
	}
	required, all, repeated := arguments(use)
	switch {
	case len(args) < len(required):
		return fmt.Errorf("%s: %s is missing. See %s --help", name, required[len(args)], cmd.CommandPath())
	case len(args) > len(all) && len(all) == 0:
		return fmt.Errorf("%s: unexpected argument %q. See %s --help", name, args[0], cmd.CommandPath())
	case len(args) > len(all) && !repeated:
		return fmt.Errorf("%s: unexpected argument %q after %s. A value with spaces needs quotes", name, args[len(all)], strings.Join(all, " "))
	}
	for i, arg := range args[:min(len(args), len(all))] {
		if arg == "" {
			return fmt.Errorf("%s: %s is empty. Give a value", name, all[i])
		}
	}
	if names := strings.Fields(cmd.Annotations[choices]); len(args) > 0 && len(names) > 0 {
		return oneOf(name, args[0], names)
	}
	return nil
}

// arguments returns the names of the arguments in a Use line, and whether an
// argument may be repeated.
func arguments(use string) (required, all []string, repeated bool) {
	depth := 0
	for _, word := range strings.Fields(use)[1:] {
		depth += strings.Count(word, "[")
		if name := strings.Trim(word, "[]."); name != "--" && name != "flags" {
			if all = append(all, name); depth == 0 {
				required = all
			}
			repeated = repeated || strings.Contains(word, "...")
		}
		depth -= strings.Count(word, "]")
	}
	return required, all, repeated
}

// ArgChoices restricts the first argument to the given names. Shells offer
// these names as completions.
func ArgChoices(cmd *cobra.Command, names []string) {
	cmd.Annotations = map[string]string{choices: strings.Join(names, " ")}
	OfferArgs(cmd, names)
}

// OfferArgs makes shells offer the given names as completions of the first
// argument. The argument may also have other values.
func OfferArgs(cmd *cobra.Command, names []string) {
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// Protect makes pflag accept a negative duration, such as -5m, as an argument.
// It moves the duration to the end of args and puts "--" in front of it.
// Otherwise, pflag would parse the duration as a flag. Protect changes nothing
// if the command has no argument DURATION. It does not move a duration that
// follows a flag, because the duration may be the value of that flag.
func Protect(root *cobra.Command, args []string) []string {
	if cmd, _, err := root.Find(args); err != nil || !strings.Contains(cmd.Use, "DURATION") {
		return args
	}
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if _, err := time.ParseDuration(arg); err != nil || arg[0] != '-' || i == 0 || strings.HasPrefix(args[i-1], "-") {
			continue
		}
		rest := append(append([]string{}, args[:i]...), args[i+1:]...)
		return append(rest, "--", arg)
	}
	return args
}
