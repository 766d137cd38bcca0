package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/internal/catalogue"
	wire "github.com/bearerguard/bearerguard/internal/control"
)

func newSignal(s streams) *cobra.Command {
	return parent("signal", "Send logout tokens and security events of the running server", newSignalLogout(s), newSignalEvent(s))
}

// signalFlags holds the flags that describe how the token differs from a
// default token.
type signalFlags struct {
	req    wire.Logout
	claims claimFlags
	header []string
}

func (f *signalFlags) add(cmd *cobra.Command, audience string, defects []catalogue.Defect) {
	flags := cmd.Flags()
	flags.StringVar(&f.req.Sub, "sub", "", "user, by default test-user")
	flags.StringVar(&f.req.SID, "sid", "", "session of the user; with --without sub, only the session")
	flags.StringVar(&f.req.ClientID, "client", "", "client that receives the token")
	flags.StringArrayVar((*[]string)(&f.req.Aud), "aud", nil, "audience, by default "+audience+"; may be repeated")
	flags.StringVar(&f.req.Alg, "alg", "", "algorithm, by default the server's")
	flags.StringArrayVar(&f.req.Without, "without", nil, "leave out a `claim`; may be repeated"+namedByPointer)
	flags.StringArrayVar(&f.header, "header-json", nil, "`name=JSON` of a header parameter; may be repeated")
	f.claims.add(cmd, "claim", namedByPointer)
	flags.StringVar(&f.req.Defect, "defect", "", "add a `defect`: one of "+strings.Join(catalogue.Names(defects), ", "))
	for _, name := range []string{"sub", "sid", "client", "aud", "without", "header-json"} {
		noFiles(cmd, name)
	}
	cli.Choices(cmd, "alg", catalogue.Names(catalogue.Algs))
	cli.Choices(cmd, "defect", catalogue.Names(defects))
}

// request returns the request that the flags describe. args contains the URL of
// the receiver or is empty.
func (f *signalFlags) request(args []string) (_ wire.Logout, err error) {
	if len(args) > 0 {
		f.req.Receiver = args[0]
	}
	if f.req.Claims, err = f.claims.claims(); err != nil {
		return f.req, err
	}
	f.req.Header, err = jsonPairs("--header-json", f.header)
	return f.req, err
}

// receiptNote is the last part of the long help of both signal commands.
const receiptNote = `
Without URL, the token is printed and not sent. With URL, the status of the answer is
printed. The server sends the token, and does not follow redirects.

Exit codes: 0 the receiver accepted the token with 2xx, or the token was printed;
1 the receiver refused the token, 2 the command line is wrong, 3 the receiver or the
server cannot be reached, or the receiver refused the first delivery of event-replayed.`

func newSignalLogout(s streams) *cobra.Command {
	var f signalFlags
	cmd := &cobra.Command{
		Use: "logout [URL]", Short: "Send a logout token to a receiver, or print it",
		Long: `Send a logout token (OpenID Connect Back-Channel Logout 1.0) for a user at a client, or
for a session.
` + receiptNote,
		Example: `  bearerguard signal logout http://localhost:9002/logout --sub alice --client web
  bearerguard signal logout http://localhost:9002/logout --sid s-1 --without sub
  bearerguard signal logout http://localhost:9002/logout --defect event-nonce
  curl --data-urlencode "logout_token=$(bearerguard signal logout)" http://localhost:9002/logout`,
	}
	f.add(cmd, "the client test-client", slices.Concat(catalogue.LogoutDefects, catalogue.LogoutDefectsOnRequest))
	return dataCommand(s, cmd, func(cmd *cobra.Command, c *caller, args []string) error {
		req, err := f.request(args)
		if err != nil {
			return err
		}
		return printReceipt(cmd, c, control.SendLogout(req))
	})
}

func newSignalEvent(s streams) *cobra.Command {
	var f signalFlags
	var payload []string
	var req wire.Transmit
	cmd := &cobra.Command{
		Use: "event TYPE [URL]", Short: "Send a security event token to a receiver, or print it",
		Long: `Send a security event token (RFC 8417, RFC 8935, OpenID SSF 1.0) about a user or a
session. TYPE is ` + strings.Join(catalogue.EventNames, ", ") + `, or the URI of another type.
` + receiptNote,
		Example: `  bearerguard signal event session-revoked http://localhost:9002/events --sub alice --sid s-1
  bearerguard signal event credential-change --payload-json 'change_type="revoke"' \
      --payload-json 'credential_type="password"'
  bearerguard signal event verification http://localhost:9002/events --authorization-file stream.secret
  bearerguard signal event session-revoked http://localhost:9002/events --defect event-with-exp`,
	}
	f.add(cmd, "that of access tokens", slices.Concat(catalogue.EventDefects, catalogue.EventDefectsOnRequest))
	var authorization string
	cmd.Flags().StringArrayVar(&payload, "payload-json", nil, "`name=JSON` of a member of the event, by default those that its type requires; may be repeated")
	cmd.Flags().StringVar(&authorization, "authorization-file", "", "`file` with the Authorization field that the receiver requires, such as Bearer followed by a secret")
	noFiles(cmd, "payload-json")
	cli.OfferArgs(cmd, catalogue.EventNames)
	return dataCommand(s, cmd, func(cmd *cobra.Command, c *caller, args []string) (err error) {
		if req.Logout, err = f.request(args[1:]); err != nil {
			return err
		}
		if payload != nil {
			if req.Payload, err = jsonPairs("--payload-json", payload); err != nil {
				return err
			}
		}
		if authorization != "" {
			text, err := readFile("--authorization-file", authorization)
			if err != nil {
				return err
			}
			req.Authorization = strings.TrimSpace(string(text))
		}
		req.Event = args[0]
		return printReceipt(cmd, c, control.Transmit(req))
	})
}

// printReceipt performs an operation and prints the token, or the status that
// the receiver returned. If this status is not 2xx, printReceipt returns an
// error with exit code 1.
func printReceipt(cmd *cobra.Command, c *caller, op control.TypedOperation[wire.Receipt]) error {
	got, text, err := doTyped(cmd.Context(), c, op)
	switch {
	case err != nil:
		return err
	case c.json:
		err = c.showJSON(text)
	case got.Status == 0:
		err = printText(c.out, got.Token+"\n")
	default:
		err = printText(c.out, strconv.Itoa(got.Status)+"\n")
	}
	if err == nil && got.Status != 0 && got.Status/100 != 2 {
		return coded{code: exitNo}
	}
	return err
}
