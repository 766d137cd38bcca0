package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Annotations of flags. choices is also one of commands.
const (
	choices    = "choices"
	mayBeEmpty = "may be empty"
	exclusive  = "exclusive"
)

// Choices are the values that a flag takes. A shell offers them.
func Choices(cmd *cobra.Command, flag string, names []string) {
	Offer(cmd, flag, names)
	must(cmd.Flags().SetAnnotation(flag, choices, names))
}

// Offer lets a shell offer values for a flag, which takes others too: none, instead
// of the names of files, if there are none.
func Offer(cmd *cobra.Command, flag string, names []string) {
	must(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)))
}

// MayBeEmpty lets a flag have an empty value, which is otherwise a fault: it mostly
// comes of a variable that is not set.
func MayBeEmpty(cmd *cobra.Command, flag string) {
	must(cmd.Flags().SetAnnotation(flag, mayBeEmpty, []string{}))
}

// Exclusive are flags of which only one may be given.
func Exclusive(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		must(cmd.Flags().SetAnnotation(flag, exclusive, flags))
	}
}

func must(err error) {
	if err != nil {
		panic(err) // cmd lacks the flag
	}
}

// checkFlags reports what is wrong with values of flags that could be read.
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
			return fmt.Errorf("--%s and --%s exclude each other. Give one of them", f.Name, other)
		}
	}
	return nil
}

// flagError is what pflag finds wrong with a command line, in plain words.
func flagError(cmd *cobra.Command, err error) error {
	see := ". See " + cmd.CommandPath() + " --help"
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			return fmt.Errorf("unknown flag -%s. An argument that begins with - goes after --", short)
		}
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		name := "--" + unknown.GetSpecifiedName()
		return fmt.Errorf("unknown flag %s.%s See %s --help", name, meant(alike(name, names)), cmd.CommandPath())
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

// kindOf is what the values of a flag look like.
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
