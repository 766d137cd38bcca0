package cli_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
)

// runLine runs a command line. It returns the name and the arguments of the
// command that ran, or the error message.
func runLine(args ...string) string {
	got := ""
	command := func(use string) *cobra.Command {
		return &cobra.Command{Use: use, RunE: func(cmd *cobra.Command, args []string) error {
			got = cmd.Name() + " " + strings.Join(args, "|")
			return nil
		}}
	}
	bake := command("bake KIND [NOTE]")
	cli.ArgChoices(bake, []string{"bread", "cake"})
	bake.Flags().Duration("time", time.Minute, "")
	bake.Flags().Int("n", 1, "")
	bake.Flags().Bool("hot", false, "")
	bake.Flags().String("by", "", "")
	bake.Flags().String("note", "", "")
	bake.Flags().StringSlice("with", nil, "")
	cli.Choices(bake, "by", []string{"hand", "machine"})
	cli.Choices(bake, "with", []string{"salt", "sugar"})
	cli.MayBeEmpty(bake, "note")
	cli.Exclusive(bake, "hot", "time")
	run := command("run DIR... [-- PROGRAM [ARG]...]")
	root := &cobra.Command{Use: "kitchen", SilenceUsage: true, SilenceErrors: true}
	shelf := &cobra.Command{Use: "shelf"}
	shelf.AddCommand(command("list"))
	root.AddCommand(bake, run, command("wait DURATION"), shelf, command("clean"))
	cli.Polish(root)
	root.SetOut(io.Discard)
	root.SetArgs(cli.Protect(root, args))
	if err := root.Execute(); err != nil {
		return err.Error()
	}
	return got
}

func TestCommandLineErrors(t *testing.T) {
	for line, want := range map[string]string{
		"bake bread":                   "bake bread",
		"bake cake a":                  "bake cake|a",
		"bake":                         "bake: KIND is missing. See kitchen bake --help",
		"bake cake a b":                `bake: unexpected argument "b" after KIND NOTE. A value with spaces needs quotes`,
		"bake brad":                    `bake: "brad" is unknown. Did you mean bread?`,
		"bake zzzzzzz":                 `bake: "zzzzzzz" is unknown. Give one of bread, cake`,
		"clean x":                      `clean: unexpected argument "x". See kitchen clean --help`,
		"clena":                        `unknown command "kitchen clena". Did you mean clean? See kitchen --help`,
		"shelf lits":                   `unknown command "kitchen shelf lits". Did you mean list? See kitchen shelf --help`,
		"help nope":                    `unknown command "kitchen nope". See kitchen --help`,
		"help shelf nope":              `unknown command "kitchen shelf nope". See kitchen shelf --help`,
		"help bake":                    "",
		"completion nope":              `unknown command "kitchen completion nope". See kitchen completion --help`,
		"bake cake --tim 1s":           "unknown flag --tim. Did you mean --time? See kitchen bake --help",
		"bake cake --colour red":       "unknown flag --colour. See kitchen bake --help",
		"bake cake -q":                 "unknown flag -q. If this is an argument, put -- before it",
		"bake cake --time":             "--time: the value is missing. See kitchen bake --help",
		"bake cake --time soon":        `--time "soon": want a duration such as 90s or 10m`,
		"bake cake --n x":              `--n "x": want a whole number`,
		"bake cake --hot=x":            `--hot "x": want true or false`,
		"bake cake --=x":               `"--=x" is not a flag. See kitchen bake --help`,
		"bake cake --by=":              "--by is empty. Give a value, or leave the flag out",
		"bake cake --note=":            "bake cake",
		"bake cake --by hnd":           `--by: "hnd" is unknown. Did you mean hand?`,
		"bake cake --with salt,pepper": `--with: "pepper" is unknown. Give one of salt, sugar`,
		"bake cake --with salt,sugar":  "bake cake",
		"bake cake --hot --time 1s":    "--hot and --time are mutually exclusive. Give only one of them",
		"run":                          "run: DIR is missing. See kitchen run --help",
		"run a b":                      "run a|b",
		"run a -- b -c":                "run a|b|-c",
		"run a --":                     "run: the program after -- is missing. Give a program, or leave out --",
		"run -- a":                     "run: DIR is missing. See kitchen run --help",
		"run a -5m":                    "unknown flag -5m. If this is an argument, put -- before it",
		"bake cake --with=":            "--with is empty. Give a value, or leave the flag out",
		"wait 5m":                      "wait 5m",
		"wait -5m":                     "wait -5m",
		"wait -- -5m":                  "wait -5m",
		"bake cake --time -5m":         "bake cake",
		"-5m":                          "unknown flag -5m. If this is an argument, put -- before it",
	} {
		if got := runLine(strings.Fields(line)...); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
	if got, want := runLine("bake", ""), "bake: KIND is empty. Give a value"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
