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

// A Remote need not be closed. After its last fetch, only the idle connections
// of the HTTP client still use goroutines. When these connections are closed,
// no goroutine remains.
func TestK28NoGoroutineRemains(t *testing.T) {
	for name, use := range map[string]func(t *testing.T, as *testserver.Server, r *jwks.Remote){
		"K28/without use": func(*testing.T, *testserver.Server, *jwks.Remote) {},
		"K28/after use": func(t *testing.T, as *testserver.Server, r *jwks.Remote) {
			t.Helper()
			assertKey(t, r, as.SigningKey().ID)
			assertKey(t, r, as.Rotate().ID)
		},
		"K28/with a failing server": func(t *testing.T, as *testserver.Server, r *jwks.Remote) {
			t.Helper()
			as.Inject(testserver.EndpointJWKS, testserver.TruncateBody(10))
			assertKeyError(t, r, "CANARY", jwks.ErrUnavailable)
		},
		"K28/with a hanging server": func(t *testing.T, as *testserver.Server, r *jwks.Remote) {
			t.Helper()
			as.Inject(testserver.EndpointJWKS, testserver.Hang())
			assertKeyError(t, r, "CANARY", jwks.ErrUnavailable)
		},
		"K28/with canceled callers": func(t *testing.T, as *testserver.Server, r *jwks.Remote) {
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
			client := &http.Client{Transport: &http.Transport{}, Timeout: 100 * time.Millisecond} // ends the exchange that hangs
			r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: client, Logger: discardLogger, MinInterval: 1})
			if err != nil {
				t.Fatal(err)
			}
			use(t, as, r)
			client.CloseIdleConnections()
			goleak.VerifyNone(t, before)
		})
	}
}
