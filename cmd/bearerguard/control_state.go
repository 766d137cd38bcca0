package main

import (
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/internal/control"
)

func newClock(s streams) *cobra.Command {
	return parent("clock", "Show and move the time of the running server", newClockShow(s), newClockSet(s), newClockAdvance(s))
}

func askClock(cmd *cobra.Command, c *caller, method string, in any) error {
	return printOne(cmd, c, method, "/v1/clock", in, []string{"NOW"}, func(clock control.Clock) []string {
		return []string{clock.Now.UTC().Format(time.RFC3339Nano)}
	})
}

func newClockShow(s streams) *cobra.Command {
	return printing(s, &cobra.Command{
		Use: "show", Short: "Print the server's time", Example: "  bearerguard clock show", Args: cobra.NoArgs,
	}, func(cmd *cobra.Command, c *caller, _ []string) error { return askClock(cmd, c, http.MethodGet, nil) })
}

func newClockSet(s streams) *cobra.Command {
	return printing(s, &cobra.Command{
		Use: "set TIME", Short: "Set the server's time, which runs on from there",
		Example: "  bearerguard clock set 2026-01-01T00:00:00Z", Args: cobra.ExactArgs(1),
	}, func(cmd *cobra.Command, c *caller, args []string) error {
		now, err := time.Parse(time.RFC3339Nano, args[0])
		if err != nil {
			return usage("clock set %q: give a time such as 2026-01-01T00:00:00Z", args[0])
		}
		return askClock(cmd, c, http.MethodPut, control.Clock{Now: now})
	})
}

func newClockAdvance(s streams) *cobra.Command {
	return printing(s, &cobra.Command{
		Use: "advance DURATION", Short: "Move the server's time, backwards if the duration is negative",
		Example: "  bearerguard clock advance 10m\n  bearerguard clock advance -- -10m", Args: cobra.ExactArgs(1),
	}, func(cmd *cobra.Command, c *caller, args []string) error {
		by, err := time.ParseDuration(args[0])
		if err != nil {
			return usage("clock advance %q: give a duration such as 10m", args[0])
		}
		return askClock(cmd, c, http.MethodPost, control.Advance{By: control.Duration(by)})
	})
}

func newReset(s streams) *cobra.Command {
	return calling(s, &cobra.Command{
		Use: "reset", Short: "Make the running server forget tokens, faults, requests and events; it keeps keys, clients, users and time",
		Example: "  bearerguard reset", Args: cobra.NoArgs,
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		_, err := c.call(cmd.Context(), http.MethodPost, "/v1/reset", nil, nil)
		return err
	})
}

func newSnapshot(s streams) *cobra.Command {
	return calling(s, &cobra.Command{
		Use: "snapshot", Short: "Print all there is to know about the running server, without secrets, as JSON",
		Example: "  bearerguard snapshot > before.json", Args: cobra.NoArgs,
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		text, err := c.call(cmd.Context(), http.MethodGet, "/v1/snapshot", nil, nil)
		return orJSON(c, text, err)
	})
}

func newEvents(s streams) *cobra.Command {
	return printing(s, &cobra.Command{
		Use: "events", Short: "List what was done with tokens, the oldest first",
		Example: "  bearerguard events --json", Args: cobra.NoArgs,
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		return printList(cmd, c, "/v1/events", []string{"TIME", "KIND", "CLIENT", "SUB", "FINGERPRINT", "SCOPES", "REASON"},
			func(list control.Events) []control.Event { return list.Events },
			func(e control.Event) []string {
				return []string{stamp(e.Time), e.Kind, e.ClientID, e.Sub, e.Fingerprint, strings.Join(e.Scopes, " "), e.Reason}
			})
	})
}
