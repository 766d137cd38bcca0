package jwks_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/testserver"
)

// There is nothing to close: once its last fetch is over, and its client's idle
// connections are closed, nothing is left of a Remote.
func TestK28NothingStays(t *testing.T) {
	for name, use := range map[string]func(t *testing.T, as *testserver.Server, r *jwks.Remote){
		"K28/of one that was never used": func(*testing.T, *testserver.Server, *jwks.Remote) {},
		"K28/of one that was used": func(t *testing.T, as *testserver.Server, r *jwks.Remote) {
			t.Helper()
			has(t, r, as.SigningKey().ID)
			has(t, r, as.Rotate().ID)
		},
		"K28/of one whose server fails": func(t *testing.T, as *testserver.Server, r *jwks.Remote) {
			t.Helper()
			as.Inject(testserver.EndpointJWKS, testserver.TruncateBody(10))
			hasNot(t, r, "CANARY", jwks.ErrUnavailable)
		},
		"K28/of one whose server hangs": func(t *testing.T, as *testserver.Server, r *jwks.Remote) {
			t.Helper()
			as.Inject(testserver.EndpointJWKS, testserver.Hang())
			hasNot(t, r, "CANARY", jwks.ErrUnavailable)
		},
		"K28/of one whose callers have all left": func(t *testing.T, as *testserver.Server, r *jwks.Remote) {
			t.Helper()
			as.Inject(testserver.EndpointJWKS, testserver.Hang())
			ctx, cancel := context.WithCancel(t.Context())
			go func() { defer cancel(); _ = as.Await(ctx, testserver.EndpointJWKS, 1) }()
			_, _ = r.Key(ctx, "CANARY", "ES256")
		},
	} {
		t.Run(name, func(t *testing.T) {
			as := testserver.New(t)
			before := goleak.IgnoreCurrent()
			client := &http.Client{Transport: &http.Transport{}, Timeout: 100 * time.Millisecond} // of the exchange that hangs
			r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: client, Logger: quiet, MinInterval: 1})
			if err != nil {
				t.Fatal(err)
			}
			use(t, as, r)
			client.CloseIdleConnections()
			goleak.VerifyNone(t, before)
		})
	}
}
