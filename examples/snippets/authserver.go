package snippets

import (
	"context"

	"github.com/bearerguard/bearerguard/testserver"
)

func authorizationServer(ctx context.Context, addr, file string) (*testserver.Server, error) {
	as, err := testserver.Start(ctx, testserver.Interactive(),
		testserver.Addr(addr),    // such as 127.0.0.1:9000; the default is a free port
		testserver.Persist(file), // tokens, keys and clients survive a restart
		testserver.Users(testserver.User{Sub: "alice", Password: "wonderland"}),
		testserver.Clients(testserver.Client{ID: "web", Secret: "web-secret", RedirectURIs: []string{"http://localhost:8080/callback"}}))
	return as, err
}
