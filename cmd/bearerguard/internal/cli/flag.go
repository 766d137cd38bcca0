package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// These constants are the names of the annotations that this package sets on
// flags. It also sets the annotation "choices" on commands.
const (
	choices    = "choices"
	mayBeEmpty = "may be empty"
	exclusive  = "exclusive"
)

// Choices restricts the value of a flag to the given names. Shells offer these
// names as completions.
func Choices(cmd *cobra.Command, flag string, names []string) {
	Offer(cmd, flag, names)
	must(cmd.Flags().SetAnnotation(flag, choices, names))
}

// Offer makes shells offer the given names as completions for the value of a
// flag. The flag still accepts other values. An empty list turns off the
// completion of file names.
func Offer(cmd *cobra.Command, flag string, names []string) {
	must(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)))
}

// MayBeEmpty allows an empty value for a flag. Other flags refuse an empty
// value, because it usually comes from an unset variable.
func MayBeEmpty(cmd *cobra.Command, flag string) {
	must(cmd.Flags().SetAnnotation(flag, mayBeEmpty, []string{}))
}

// Exclusive makes a command line fail if it contains more than one of the
// flags.
func Exclusive(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		must(cmd.Flags().SetAnnotation(flag, exclusive, flags))
	}
}

func must(err error) {
	if err != nil {
		panic(err) // cmd lacks the flag, or completions were already registered for it
	}
}

// checkFlags returns an error if the value of a parsed flag is invalid.
func checkFlags(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil {
			err = checkFlag(cmd, f)
		}
	})
	return err
}

func checkFlag(cmd *cobra.Command, f *pflag.Flag) error {
	values := []string{f.Value.String()}
	if list, ok := f.Value.(pflag.SliceValue); ok {
		values = list.GetSlice()
	}
	if _, may := f.Annotations[mayBeEmpty]; !may && (len(values) == 0 || slices.Contains(values, "")) {
		return fmt.Errorf("--%s is empty. Give a value, or leave the flag out", f.Name)
	}
	if names := f.Annotations[choices]; names != nil {
		for _, value := range values {
			if err := oneOf("--"+f.Name, value, names); err != nil {
				return err
			}
		}
	}
	for _, other := range f.Annotations[exclusive] {
		if other != f.Name && cmd.Flags().Changed(other) {
			return fmt.Errorf("--%s and --%s are mutually exclusive. Give only one of them", f.Name, other)
		}
	}
	return nil
}

// flagError rewrites a pflag error in plain words.
func flagError(cmd *cobra.Command, err error) error {
	see := ". See " + cmd.CommandPath() + " --help"
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			return fmt.Errorf("unknown flag -%s. If this is an argument, put -- before it", short)
		}
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		name := "--" + unknown.GetSpecifiedName()
		return fmt.Errorf("unknown flag %s.%s See %s --help", name, suggestion(similar(name, names)), cmd.CommandPath())
	}
	if without, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return fmt.Errorf("--%s: the value is missing%s", without.GetFlag().Name, see)
	}
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return fmt.Errorf("--%s %q: want %s", wrong.GetFlag().Name, wrong.GetValue(), kindOf(wrong.GetFlag()))
	}
	if syntax, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		return fmt.Errorf("%q is not a flag%s", syntax.GetSpecifiedFlag(), see)
	}
	return err
}

// kindOf describes the values of a flag.
func kindOf(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "bool":
		return "true or false"
	case "duration":
		return "a duration such as 90s or 10m"
	case "int", "int64":
		return "a whole number"
	}
	return "another value: see --help"
}
