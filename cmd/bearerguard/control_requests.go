package main

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/internal/control"
)

func newRequests(s streams) *cobra.Command {
	return parent("requests", "Show what the running server was asked", newRequestsList(s), newRequestsCount(s), newRequestsWait(s))
}

// aboutEndpoint is the path of a question about an endpoint, all without one.
func aboutEndpoint(path string, args []string, more url.Values) string {
	if more == nil {
		more = url.Values{}
	}
	if len(args) > 0 {
		more.Set("endpoint", args[0])
	}
	return path + "?" + more.Encode()
}

func newRequestsList(s streams) *cobra.Command {
	return printing(s, &cobra.Command{
		Use: "list [ENDPOINT]", Short: "List the last requests, the oldest first; secrets are fingerprints",
		Example: "  bearerguard requests list token --json", Args: cobra.MaximumNArgs(1), ValidArgsFunction: completeArg(catalogue.Names(append(catalogue.Endpoints(), catalogue.Any))),
	}, func(cmd *cobra.Command, c *caller, args []string) error {
		return printList(cmd, c, aboutEndpoint("/v1/requests", args, nil), []string{"TIME", "METHOD", "ENDPOINT", "STATUS", "CLIENT", "FAULT"},
			func(list control.Requests) []control.Request { return list.Requests },
			func(r control.Request) []string {
				return []string{stamp(r.Time), r.Method, r.Endpoint, strconv.Itoa(r.Status), r.ClientID, yes(r.Injected)}
			})
	})
}

func newRequestsCount(s streams) *cobra.Command {
	return printing(s, &cobra.Command{
		Use: "count [ENDPOINT]", Short: "Print how many requests there were, since the start or reset",
		Example: "  bearerguard requests count jwks", Args: cobra.MaximumNArgs(1), ValidArgsFunction: completeArg(catalogue.Names(append(catalogue.Endpoints(), catalogue.Any))),
	}, func(cmd *cobra.Command, c *caller, args []string) error {
		return count(cmd, c, aboutEndpoint("/v1/requests/count", args, nil))
	})
}

func count(cmd *cobra.Command, c *caller, path string) error {
	return printOne(cmd, c, http.MethodGet, path, nil, []string{"COUNT"}, func(n control.Count) []string {
		return []string{strconv.Itoa(n.Count)}
	})
}

func newRequestsWait(s streams) *cobra.Command {
	var n int
	var timeout time.Duration
	cmd := &cobra.Command{
		Use: "wait ENDPOINT", Short: "Wait until there were so many requests, and print how many; exit code 1 if they do not come",
		Example: "  bearerguard requests wait jwks --n 2 --timeout 10s", Args: cobra.ExactArgs(1), ValidArgsFunction: completeArg(catalogue.Names(append(catalogue.Endpoints(), catalogue.Any))),
	}
	cmd.Flags().IntVar(&n, "n", 1, "how many, since the start or reset")
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Second, "how long to wait")
	return printing(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		return count(cmd, c, aboutEndpoint("/v1/requests/wait", args, url.Values{"n": {strconv.Itoa(n)}, "timeout": {timeout.String()}}))
	})
}
