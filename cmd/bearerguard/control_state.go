package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/control"
	wire "github.com/bearerguard/bearerguard/internal/control"
)

func newClock(s streams) *cobra.Command {
	return parent("clock", "Show and change the time of the running server", newClockShow(s), newClockSet(s), newClockAdvance(s))
}

func printClock(cmd *cobra.Command, c *caller, op control.TypedOperation[wire.Clock]) error {
	return printOne(cmd, c, op, []string{"NOW"}, func(clock wire.Clock) []string {
		return []string{clock.Now.UTC().Format(time.RFC3339Nano)}
	})
}

func newClockShow(s streams) *cobra.Command {
	return dataCommand(s, &cobra.Command{
		Use: "show", Short: "Print the server's time", Example: "  bearerguard clock show",
	}, func(cmd *cobra.Command, c *caller, _ []string) error { return printClock(cmd, c, control.ShowClock()) })
}

func newClockSet(s streams) *cobra.Command {
	return dataCommand(s, &cobra.Command{
		Use: "set TIME", Short: "Set the server's time, which continues from there",
		Example: "  bearerguard clock set 2026-01-01T00:00:00Z",
	}, func(cmd *cobra.Command, c *caller, args []string) error {
		now, err := time.Parse(time.RFC3339Nano, args[0])
		if err != nil {
			return usage("clock set %q: give a time such as 2026-01-01T00:00:00Z", args[0])
		}
		return printClock(cmd, c, control.SetClock(now))
	})
}

func newClockAdvance(s streams) *cobra.Command {
	return dataCommand(s, &cobra.Command{
		Use: "advance DURATION", Short: "Move the server's time, backwards if the duration is negative",
		Example: "  bearerguard clock advance 10m\n  bearerguard clock advance -- -10m",
	}, func(cmd *cobra.Command, c *caller, args []string) error {
		by, err := time.ParseDuration(args[0])
		if err != nil {
			return usage("clock advance %q: give a duration such as 10m", args[0])
		}
		return printClock(cmd, c, control.AdvanceClock(by))
	})
}

func newReset(s streams) *cobra.Command {
	return controlCommand(s, &cobra.Command{
		Use: "reset", Short: "Delete the tokens, faults, requests and events of the running server, but not its keys, clients, users and time",
		Example: "  bearerguard reset",
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		_, err := c.do(cmd.Context(), control.Reset())
		return err
	})
}

func newSnapshot(s streams) *cobra.Command {
	return controlCommand(s, &cobra.Command{
		Use: "snapshot", Short: "Print the state of the running server as JSON, without secrets",
		Example: "  bearerguard snapshot > before.json",
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		text, err := c.do(cmd.Context(), control.TakeSnapshot())
		return printAnswer(c, text, err)
	})
}

func newEvents(s streams) *cobra.Command {
	return dataCommand(s, &cobra.Command{
		Use: "events", Short: "List the token events, the oldest first",
		Example: "  bearerguard events --json",
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		return printList(cmd, c, control.ListEvents(), []string{"TIME", "KIND", "CLIENT", "SUB", "FINGERPRINT", "SCOPES", "REASON"},
			func(list wire.Events) []wire.Event { return list.Events },
			func(e wire.Event) []string {
				return []string{stamp(e.Time), e.Kind, e.ClientID, e.Sub, e.Fingerprint, strings.Join(e.Scopes, " "), e.Reason}
			})
	})
}
