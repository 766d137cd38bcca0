package main

import (
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/control"
	wire "github.com/bearerguard/bearerguard/internal/control"
)

func newRequests(s streams) *cobra.Command {
	return parent("requests", "Show the requests to the running server", newRequestsList(s), newRequestsCount(s), newRequestsWait(s))
}

func newRequestsList(s streams) *cobra.Command {
	return dataCommand(s, forEndpoint(&cobra.Command{
		Use: "list [ENDPOINT]", Short: "List the last requests, the oldest first, with fingerprints of secrets",
		Example: "  bearerguard requests list token --json",
	}), func(cmd *cobra.Command, c *caller, args []string) error {
		return printList(cmd, c, control.ListRequests(args...), []string{"TIME", "METHOD", "ENDPOINT", "STATUS", "CLIENT", "FAULT"},
			func(list wire.Requests) []wire.Request { return list.Requests },
			func(r wire.Request) []string {
				return []string{stamp(r.Time), r.Method, r.Endpoint, strconv.Itoa(r.Status), r.ClientID, yes(r.Injected)}
			})
	})
}

func newRequestsCount(s streams) *cobra.Command {
	return dataCommand(s, forEndpoint(&cobra.Command{
		Use: "count [ENDPOINT]", Short: "Print the number of requests since the start or reset",
		Example: "  bearerguard requests count jwks",
	}), func(cmd *cobra.Command, c *caller, args []string) error {
		return printCount(cmd, c, control.CountRequests(args...))
	})
}

func printCount(cmd *cobra.Command, c *caller, op control.TypedOperation[wire.Count]) error {
	return printOne(cmd, c, op, []string{"COUNT"}, func(n wire.Count) []string {
		return []string{strconv.Itoa(n.Count)}
	})
}

func newRequestsWait(s streams) *cobra.Command {
	var n int
	var timeout time.Duration
	cmd := forEndpoint(&cobra.Command{
		Use: "wait ENDPOINT", Short: "Wait for a number of requests, and print how many there were; exit code 1 after the timeout",
		Example: "  bearerguard requests wait jwks --n 2 --timeout 10s",
	})
	cmd.Flags().IntVar(&n, "n", 1, "number of requests since the start or reset")
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Second, "how long to wait")
	return dataCommand(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		if n < 1 {
			return usage("--n %d: give 1 or more", n)
		}
		return printCount(cmd, c, control.AwaitRequests(args[0], n, timeout))
	})
}
