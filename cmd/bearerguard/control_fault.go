package main

import (
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/control"
	wire "github.com/bearerguard/bearerguard/internal/control"
)

func newFault(s streams) *cobra.Command {
	return parent("fault", "Make endpoints of the running server fail", newFaultAdd(s), newFaultList(s), newFaultRemove(s))
}

// faultFlags holds the flags whose values are converted before they are sent.
type faultFlags struct {
	latency, retryAfter time.Duration
	truncate            int
	body                string
}

func (f *faultFlags) into(cmd *cobra.Command, req *wire.Fault) {
	changed := cmd.Flags().Changed
	if changed("latency") {
		req.Latency = new(wire.Duration(f.latency))
	}
	if changed("retry-after") {
		req.RetryAfter = new(wire.Duration(f.retryAfter))
	}
	if changed("truncate") {
		req.Truncate = &f.truncate
	}
	if changed("body") {
		req.Body = &f.body
	}
}

// faultKinds lists the flags that select the kind of fault. The command
// requires at least one of these flags.
var faultKinds = []string{
	"status", "retry-after", "error", "redirect-to", "latency", "hang", "drop", "truncate", "malformed", "content-type", "body", "huge", "empty-jwks", "issuer",
}

func checkFault(cmd *cobra.Command, req wire.Fault) error {
	changed := cmd.Flags().Changed
	switch {
	case !slices.ContainsFunc(faultKinds, changed):
		return usage("fault add %s: the kind of fault is missing. Give one such as --status 503, --latency 2s or --hang. See bearerguard fault add --help", req.Endpoint)
	case changed("status") && (req.Status < 200 || req.Status > 599):
		return usage("--status %d: give 200 to 599", req.Status)
	case changed("times") && req.Times < 1:
		return usage("--times %d: give 1 or more, or leave out the flag for no limit", req.Times)
	case req.Skip < 0:
		return usage("--skip %d: give 0 or more", req.Skip)
	}
	return nil
}

func newFaultAdd(s streams) *cobra.Command {
	var req wire.Fault
	var more faultFlags
	cmd := forEndpoint(&cobra.Command{
		Use: "add ENDPOINT", Short: "Make an endpoint fail, and print the ID of the fault",
		Long: `Make an endpoint fail in one way, optionally after --latency, until fault rm, reset or
--times requests. A request gets one fault: the newest that matches it.`,
		Example: `  bearerguard fault add jwks --status 503 --times 2
  bearerguard fault add token --client web --retry-after 30s --status 429
  bearerguard fault add introspect --latency 2s
  bearerguard fault add token --error invalid_grant
  bearerguard fault add any --drop --skip 3 --times 1`,
	})
	flags := cmd.Flags()
	flags.IntVar(&req.Status, "status", 0, "answer with this status")
	flags.DurationVar(&more.retryAfter, "retry-after", 0, "answer with Retry-After; the status is --status, or 503")
	flags.StringVar(&req.Error, "error", "", "refuse as the token endpoint does, with this error code")
	flags.StringVar(&req.ErrorDescription, "error-description", "", "error_description for --error")
	flags.StringVar(&req.RedirectTo, "redirect-to", "", "answer 302 to this URL")
	flags.DurationVar(&more.latency, "latency", 0, "wait before the answer")
	flags.BoolVar(&req.Hang, "hang", false, "never answer")
	flags.BoolVar(&req.Drop, "drop", false, "close the connection")
	flags.IntVar(&more.truncate, "truncate", 0, "close the connection after this number of `bytes` of the body")
	flags.BoolVar(&req.Malformed, "malformed", false, "answer with JSON that lacks its last byte")
	flags.StringVar(&req.ContentType, "content-type", "", "answer with this Content-Type")
	flags.StringVar(&more.body, "body", "", "answer 200 with this body")
	flags.Int64Var(&req.Huge, "huge", 0, "answer with this number of `bytes`")
	flags.BoolVar(&req.EmptyJWKS, "empty-jwks", false, "answer with an empty key set; only for jwks")
	flags.StringVar(&req.Issuer, "issuer", "", "answer with this issuer; only for discovery and as_metadata")
	flags.IntVar(&req.Times, "times", 0, "stop after this number of requests")
	flags.IntVar(&req.Skip, "skip", 0, "number of requests without the fault before it starts")
	flags.StringVar(&req.Client, "client", "", "apply the fault only to requests of this client_id")
	cli.MayBeEmpty(cmd, "body")
	for _, name := range []string{"error", "redirect-to", "content-type", "body", "issuer", "client"} {
		noFiles(cmd, name)
	}
	return dataCommand(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		req.Endpoint = args[0]
		more.into(cmd, &req)
		if err := checkFault(cmd, req); err != nil {
			return err
		}
		return printOne(cmd, c, control.AddFault(req), []string{"ID"}, func(made wire.Injection) []string {
			return []string{strconv.Itoa(made.ID)}
		})
	})
}

func newFaultList(s streams) *cobra.Command {
	return dataCommand(s, &cobra.Command{
		Use: "list", Short: "List the active faults, and how often each was applied",
		Example: "  bearerguard fault list --json",
	}, func(cmd *cobra.Command, c *caller, _ []string) error {
		return printList(cmd, c, control.ListFaults(), []string{"ID", "ENDPOINT", "STATUS", "TIMES", "CLIENT", "HITS"},
			func(list wire.Faults) []wire.Injection { return list.Faults },
			func(f wire.Injection) []string {
				return []string{strconv.Itoa(f.ID), f.Endpoint, strconv.Itoa(f.Status), strconv.Itoa(f.Times), f.Client, strconv.Itoa(f.Hits)}
			})
	})
}

func newFaultRemove(s streams) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "rm [ID]", Short: "Remove a fault, or all faults with --all",
		Example: "  bearerguard fault rm 1\n  bearerguard fault rm --all",
	}
	cmd.Flags().BoolVar(&all, "all", false, "remove all faults")
	return controlCommand(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		if all == (len(args) > 0) {
			return usage("fault rm: give either an ID or --all")
		}
		op := control.RemoveFaults()
		if !all {
			op = control.RemoveFault(args[0])
		}
		_, err := c.do(cmd.Context(), op)
		return err
	})
}
