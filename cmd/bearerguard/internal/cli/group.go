package cli

import (
	"github.com/spf13/cobra"
)

// group prepares cmd, which has only subcommands. Without a subcommand, cmd
// prints its help. With an unknown subcommand, it returns an error.
func group(cmd *cobra.Command) {
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		return cmd.Help()
	}
}

// Polish makes root and its subcommands report wrong flags, arguments and
// subcommands with the error texts of this package, and adds the commands help
// and completion. It must be called once, with the root command, after all
// subcommands have been added. Polish reads the arguments of a command from its
// Use line: optional arguments are in brackets, and an argument that may be
// repeated ends with three dots.
func Polish(root *cobra.Command) {
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelp(root))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	polish(root)
}

func polish(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		polish(sub)
	}
	if cmd.HasSubCommands() {
		cmd.Args = cobra.ArbitraryArgs // group() reports unknown subcommands
		if cmd.RunE == nil {
			group(cmd)
		}
		return
	}
	cmd.Args = checkArgs
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if err := checkFlags(cmd); err != nil {
				return err
			}
			return run(cmd, args)
		}
	}
}

func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]...",
		Short:   "Explain a command",
		Example: "  " + root.Name() + " help completion bash",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, _ := cmd.Root().Find(args)
			if len(rest) > 0 {
				return unknownCommand(found, rest[0])
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
			if found, rest, err := cmd.Root().Find(args); err == nil && len(rest) == 0 {
				for _, sub := range found.Commands() {
					if sub.IsAvailableCommand() {
						names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}
