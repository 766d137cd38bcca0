// Orders is an API that runs on several machines. Through Redis, the machines
// share used proofs, introspection responses and revocations. docs/scale.md
// shows this program.
package main

import (
	"context"
	"encoding/base64"
	"errors"
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

	v, list, err := newVerifier(ctx, client)
	if err != nil {
		return err // may list several mistakes in the configuration
	}
	mux := http.NewServeMux()
	mux.Handle("GET /orders", httpauth.Require(v, scopes.All("orders:read"))(http.HandlerFunc(listOrders)))
	mux.Handle("POST /logouts", httpauth.Require(v, scopes.All("sessions:end"))(logOut(list)))
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if v.Healthy() != nil { // keys or revocations have not been read recently
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", os.Getenv("LISTEN"))
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return server.Shutdown(grace) // waits for running requests
}

// newVerifier returns the verifier of one machine, and its list of revoked
// tokens.
func newVerifier(ctx context.Context, client *redis.Client) (*middleware.Verifier, *revoke.List, error) {
	redisSecret, err := secret("REDIS_SECRET")
	if err != nil {
		return nil, nil, err
	}
	nonceSecret, err := secret("NONCE_SECRET")
	if err != nil {
		return nil, nil, err
	}
	store, err := redisstore.New(redisstore.Config{
		Do:          withGoRedis(client),
		Secret:      redisSecret,
		OnOutage:    redisstore.Refuse, // DPoP requests get 503 while Redis is down
		ProofWindow: 5 * time.Minute,   // for nonces that are valid for a minute
	})
	if err != nil {
		return nil, nil, err
	}
	if err := store.Initialize(ctx); err != nil { // a new Redis is empty
		log.Print("starting without Redis")
	}
	list, err := revoke.New(revoke.Config{
		Feed:  store,
		OnLag: revoke.Refuse, // 503 if revocations have not been read for ten seconds (MaxLag)
	})
	if err != nil {
		return nil, nil, err
	}
	go func() { _ = list.Run(ctx) }()

	answers, err := introspect.New(introspect.Config{ // for opaque tokens
		Issuer: os.Getenv("ISSUER"),
		Auth:   introspect.Basic(os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET")),
		Cache:  store,
	})
	if err != nil {
		return nil, nil, err
	}
	v, err := middleware.NewVerifier(middleware.Config{
		Audience:    "https://api.example.com", // the aud of tokens for your API
		Issuers:     []middleware.Issuer{{URL: os.Getenv("ISSUER"), Introspection: answers}},
		Origins:     []string{"https://api.example.com"}, // where clients reach your API
		DPoP:        &dpop.Policy{Replay: store, Nonces: dpop.NewNonces(nonceSecret, time.Minute)},
		Revocations: list,
	})
	return v, list, err
}

// withGoRedis sends commands with go-redis. The options of the client need
// ContextTimeoutEnabled.
func withGoRedis(client redis.UniversalClient) func(ctx context.Context, args ...any) (any, error) {
	return func(ctx context.Context, args ...any) (any, error) {
		answer, err := client.Do(ctx, args...).Result()
		if errors.Is(err, redis.Nil) {
			return nil, nil //nolint:nilnil // the answer nil
		}
		return answer, err
	}
}

// secret returns the bytes in an environment variable that contains the output
// of openssl rand -base64 32.
func secret(name string) ([]byte, error) {
	value, err := base64.StdEncoding.DecodeString(os.Getenv(name))
	if err != nil {
		return nil, fmt.Errorf("%s is not base64", name) // err contains only the position of the first wrong byte
	}
	return value, nil
}

func listOrders(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "orders") }

// logOut revokes all tokens that a user has now.
func logOut(list *revoke.List) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		now := time.Now()
		err := list.Add(r.Context(), revoke.Revocation{
			Issuer: os.Getenv("ISSUER"),
			Kind:   revoke.Subject,
			Value:  r.FormValue("user"),
			Before: now,                // tokens of a later login stay valid
			Until:  now.Add(time.Hour), // the longest lifetime of an access token
		})
		switch {
		case err == nil:
			w.WriteHeader(http.StatusAccepted)
		case errors.Is(err, revoke.ErrPublish), errors.Is(err, revoke.ErrFull):
			w.WriteHeader(http.StatusServiceUnavailable) // some machines may lack the revocation: repeat the request
		default:
			w.WriteHeader(http.StatusBadRequest) // the user is empty, too long or not valid UTF-8
		}
	}
}
