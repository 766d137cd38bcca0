// Quickstart starts a mock authorization server and a protected API in one
// process, calls the API as clients do, and prints each request with its
// answer. The exit code is 0 only if every answer is as expected.
//
//	go run ./examples/quickstart          # the table
//	go run ./examples/quickstart -serve   # keeps both servers running and prints curl lines
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

func main() {
	serve := flag.Bool("serve", false, "keep the servers running and print curl lines")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, *serve)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, serve bool) error {
	as, err := testserver.Start(ctx, testserver.Audience("orders-api"))
	if err != nil {
		return err
	}
	defer func() { _ = as.Close() }()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	base := "http://" + listener.Addr().String()
	api, err := protectedAPI(as, base)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: api, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()

	if serve {
		return keepServing(ctx, out, as, base)
	}
	return demonstrate(ctx, out, as, base)
}

// protectedAPI returns the API that clients reach at the given URL. A user of
// the module writes code like this.
func protectedAPI(as *testserver.Server, base string) (http.Handler, error) {
	introspector, err := introspect.New(introspect.Config{
		Issuer: as.Issuer(),
		Auth:   introspect.Basic(as.DefaultClient().ID, as.DefaultClient().Secret),
		MaxTTL: -1, // turns off the cache, so that a revoked token is refused at once; 0 caches answers for 30 s
	})
	if err != nil {
		return nil, err
	}
	config := middleware.Config{
		Audience: "orders-api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer(), Introspection: introspector}}, // JWTs are still verified locally
	}
	v, err := middleware.NewVerifier(config)
	if err != nil {
		return nil, err
	}
	config.DPoP = &dpop.Policy{Required: true, Algorithms: []string{"ES256"}} // makes a stolen token useless
	config.Origins, config.Resource = []string{base}, base
	bound, err := middleware.NewVerifier(config)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	read, pay := httpauth.Require(v, scopes.All("orders:read")), httpauth.Require(bound, scopes.All("pay"))
	mux.Handle("GET /orders", read(http.HandlerFunc(subject)))
	mux.Handle("GET /payments", pay(http.HandlerFunc(subject)))
	return mux, nil
}

func subject(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"of": httpauth.Token(r).Subject})
}

func demonstrate(ctx context.Context, out io.Writer, as *testserver.Server, base string) error {
	scope := testserver.Scope("orders:read")
	opaque := as.Token(scope, testserver.OpaqueTokens())
	key, payments := testserver.GenerateKey("ES256", ""), base+"/payments"
	bound := as.Token(testserver.Scope("pay"), testserver.BoundTo(key))
	proof := testserver.Proof(key, http.MethodGet, payments, bound)
	thief := testserver.Proof(testserver.GenerateKey("ES256", ""), http.MethodGet, payments, bound)
	calls := []struct {
		name, token string
		status      int
		before      func()
		path        string   // "" means /orders
		proof       []string // the DPoP header field; nil for a bearer token
	}{
		{name: "no token", status: http.StatusUnauthorized},
		{name: "good token", token: as.Token(scope), status: http.StatusOK},
		{name: "without the scope", token: as.Token(testserver.Scope("profile")), status: http.StatusForbidden},
		{name: "expired an hour ago", token: as.Token(scope, testserver.ExpiresIn(-time.Hour)), status: http.StatusUnauthorized},
		{name: "forged: own key, the issuer's kid", token: as.Token(scope, testserver.With(testserver.ForeignKeySameKid)), status: http.StatusUnauthorized},
		{name: "for another API", token: as.Token(scope, testserver.Audience("billing-api")), status: http.StatusUnauthorized},
		{name: "opaque", token: opaque, status: http.StatusOK},
		{name: "opaque, revoked since", token: opaque, status: http.StatusUnauthorized, before: func() { as.Revoke(opaque) }},
		{name: "bound to a key, with a proof", token: bound, proof: proof, status: http.StatusOK, path: "/payments"},
		{name: "stolen, sent as bearer token", token: bound, status: http.StatusUnauthorized, path: "/payments"},
		{name: "stolen, proof of another key", token: bound, proof: thief, status: http.StatusUnauthorized, path: "/payments"},
		{name: "stolen with the proof", token: bound, proof: proof, status: http.StatusUnauthorized, path: "/payments"},
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "GET /orders\tSTATUS\tWWW-AUTHENTICATE\n")
	wrong, path := 0, ""
	for _, call := range calls {
		if call.before != nil {
			call.before()
		}
		if call.path != "" && path == "" {
			fmt.Fprintf(table, "GET %s, which requires DPoP\t\t\n", call.path)
		}
		path = call.path
		status, challenge, err := get(ctx, base+cmp.Or(path, "/orders"), call.token, call.proof)
		if err != nil {
			return err
		}
		note := ""
		if status != call.status {
			note = fmt.Sprintf("  <- expected %d", call.status)
			wrong++
		}
		fmt.Fprintf(table, "%s\t%d\t%s%s\n", call.name, status, challenge, note)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d answers were not as expected", wrong, len(calls))
	}
	fmt.Fprintf(out, "\nall %d answers as expected\n", len(calls))
	return nil
}

// get sends a GET request with the given token. With a proof, it uses the
// scheme DPoP, and without a proof, the scheme Bearer. If both token and proof
// are missing, it sends no Authorization field.
func get(ctx context.Context, url, token string, proof []string) (status int, challenge string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	switch {
	case proof != nil:
		req.Header.Set("Authorization", "DPoP "+token)
		req.Header["Dpop"] = proof
	case token != "":
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	challenge, _, found := strings.Cut(res.Header.Get("WWW-Authenticate"), "resource_metadata=")
	if found {
		challenge += "…" // hides the URL, whose port differs each time
	}
	return res.StatusCode, challenge, res.Body.Close()
}

func keepServing(ctx context.Context, out io.Writer, as *testserver.Server, base string) error {
	hour, scope := testserver.ExpiresIn(time.Hour), testserver.Scope("orders:read")
	fmt.Fprintf(out, "authorization server  %s\nprotected API         %s\n\n", as.Issuer(), base)
	fmt.Fprintf(out, "# no token\ncurl -i %s/orders\n\n", base)
	for _, call := range []struct{ name, token string }{
		{"a good token", as.Token(hour, scope)},
		{"without the scope", as.Token(hour, testserver.Scope("profile"))},
		{"expired", as.Token(testserver.ExpiresIn(-time.Hour), scope)},
		{"opaque", as.Token(hour, scope, testserver.OpaqueTokens())},
	} {
		fmt.Fprintf(out, "# %s\ncurl -i -H 'Authorization: Bearer %s' %s/orders\n\n", call.name, call.token, base)
	}
	fmt.Fprintln(out, "Ctrl-C stops both servers.")
	<-ctx.Done()
	return nil
}
