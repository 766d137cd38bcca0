// Orders is an API of which several machines share what they know through
// Redis. docs/scale.md shows this program.
package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/adapters/redisstore"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
	glue "github.com/bearerguard/bearerguard/proof/redis"
	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/scopes"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	options, err := redis.ParseURL(os.Getenv("REDIS_URL")) // rediss://user:password@redis.internal:6379
	if err != nil {
		return err
	}
	options.ContextTimeoutEnabled = true
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()

	v, err := newVerifier(ctx, glue.WithGoRedis(client))
	if err != nil {
		return err // lists every mistake in the configuration
	}
	mux := http.NewServeMux()
	mux.Handle("GET /orders", httpauth.Require(v, scopes.All("orders:read"))(http.HandlerFunc(listOrders)))
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if v.Healthy() != nil { // the keys and the revocations were not read yet, or not lately
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", os.Getenv("LISTEN"))
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	context.AfterFunc(ctx, func() { _ = server.Shutdown(context.Background()) })
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// newVerifier returns the verifier of one machine.
func newVerifier(ctx context.Context, do func(ctx context.Context, args ...any) (any, error)) (*middleware.Verifier, error) {
	redisSecret, err := secret("REDIS_SECRET")
	if err != nil {
		return nil, err
	}
	nonceSecret, err := secret("NONCE_SECRET")
	if err != nil {
		return nil, err
	}
	store, err := redisstore.New(redisstore.Config{
		Do:          do,
		Secret:      redisSecret,
		OnOutage:    redisstore.Refuse, // DPoP requests get 503 while Redis is down
		ProofWindow: 5 * time.Minute,   // for nonces of a minute
	})
	if err != nil {
		return nil, err
	}
	if err := store.Initialize(ctx); err != nil { // a new Redis is empty
		log.Print("starting without Redis")
	}
	list, err := revoke.New(revoke.Config{
		Feed:  store,
		OnLag: revoke.Refuse, // 503 while revocations cannot be read
	})
	if err != nil {
		return nil, err
	}
	go func() { _ = list.Run(ctx) }()

	answers, err := introspect.New(introspect.Config{ // for opaque tokens
		Issuer: os.Getenv("ISSUER"),
		Auth:   introspect.Basic(os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET")),
		Cache:  store,
	})
	if err != nil {
		return nil, err
	}
	return middleware.NewVerifier(middleware.Config{
		Audience:    "https://api.example.com",
		Issuers:     []middleware.Issuer{{URL: os.Getenv("ISSUER"), Introspection: answers}},
		Origins:     []string{"https://api.example.com"},
		DPoP:        &dpop.Policy{Replay: store, Nonces: dpop.NewNonces(nonceSecret, time.Minute)},
		Revocations: list,
	})
}

// secret returns the bytes in a variable that contains the output of openssl
// rand -base64 32.
func secret(name string) ([]byte, error) {
	value, err := base64.StdEncoding.DecodeString(os.Getenv(name))
	if err != nil {
		return nil, fmt.Errorf("%s is not base64", name) // err contains a part of it
	}
	return value, nil
}

func listOrders(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "orders") }
