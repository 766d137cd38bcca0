package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/doctor"
)

func newDoctor(s streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor URL",
		Short: "Check the challenge and the metadata that an API shows to clients without a token",
		Long: `Request a protected route without a token, and read the answer as a client does: the
challenge, the protected resource metadata that it names (RFC 9728), the authorization
servers that the metadata lists, and their keys. Each check is a line: ✓ right, ✗ wrong,
! wrong for some clients, – not checked. Each fault comes with a remedy.

RFC 9728 §3.3 requires the resource in the metadata to be the requested URL, and some
clients insist on that. Many clients, and this command, also accept a resource whose
path is the beginning of the path of the URL. Give the URL of a protected GET route, such
as https://api.example.com/v1/orders.

Some twenty requests are sent, without any secret. In up to four of them Host, or
X-Forwarded-Host and Forwarded, name the host doctor.invalid. The answers must stay the
same. The command ends after a minute at most.

On a terminal the checks are a coloured table; elsewhere their columns are separated
by tabs: result, name, rule or problem, expected value, found value, remedy. NO_COLOR is
respected.

Exit codes: 0 nothing was found, 1 a line has ✗ or !, 2 the command line is wrong, 3 the
API cannot be reached.`,
		Example: `  bearerguard doctor https://api.example.com/v1/orders

  bearerguard doctor https://mcp.example.com/mcp --json | jq '.checks[] | select(.remedy)'`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := doctor.Run(cmd.Context(), nil, args[0])
			switch {
			case errors.Is(err, doctor.ErrURL):
				return usage("%w", err)
			case err != nil:
				return failure("the API does not answer: %w", err)
			}
			if asJSON {
				err = printJSON(s.out, report)
			} else {
				err = printText(s.out, diagnosis(report, isTerminal(s.out), paintFor(s.out)))
			}
			if err == nil && report.Findings > 0 {
				err = coded{code: exitNo}
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// diagnosis formats a report as one line for each check, followed by the
// verdict. On a terminal, more lines follow a finding.
func diagnosis(r doctor.Report, table bool, p paint) string {
	var b strings.Builder
	for _, c := range r.Checks {
		mark, colour := "✓", p.good
		switch c.Result {
		case doctor.Failed:
			mark, colour = "✗", p.bad
		case doctor.Warned:
			mark, colour = "!", p.bad
		case doctor.Skipped:
			mark, colour = "–", p.faint
		case doctor.Passed:
		}
		text := c.About
		if c.Finding() {
			text = c.Problem
		}
		if !table {
			fmt.Fprintln(&b, strings.TrimRight(strings.Join([]string{mark, c.Name, text, c.Expected, c.Found, c.Remedy}, "\t"), "\t"))
			continue
		}
		fmt.Fprintf(&b, " %s %-16s %s\n", colour(mark), c.Name, colour(text))
		if c.Finding() {
			for _, line := range [...][2]string{{"want", c.Expected}, {"got", c.Found}, {"fix", c.Remedy}} {
				if line[1] != "" {
					fmt.Fprintf(&b, "   %16s %s\n", line[0], line[1])
				}
			}
		}
	}
	switch r.Findings {
	case 0:
		fmt.Fprintln(&b, p.good("nothing found"))
	case 1:
		fmt.Fprintln(&b, p.bad("1 finding"))
	default:
		fmt.Fprintln(&b, p.bad(fmt.Sprintf("%d findings", r.Findings)))
	}
	return b.String()
}
