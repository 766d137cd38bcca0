package testserver_test

import (
	"bytes"
	"log"
	"net/http"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// If a hook panics, the value of the panic may contain a token. net/http
// normally logs this value, so the server must prevent that.
func TestHookPanicsAreNotLogged(t *testing.T) {
	const canary = "canary-that-a-hook-has-seen"
	var logged bytes.Buffer
	before := log.Writer()
	log.SetOutput(&logged) // net/http logs to this logger by default
	t.Cleanup(func() { log.SetOutput(before) })
	for name, opts := range map[string][]testserver.Option{"HTTP/1.1": nil, "HTTP/2": {testserver.TLS()}} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, opts...)
			s.OnToken(func(request *testserver.TokenRequest, _ *testserver.TokenResponse) error {
				panic(request.Form.Get("client_secret"))
			})
			s.Inject(testserver.EndpointIntrospect, testserver.Handler(func(http.Handler) http.Handler {
				return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { panic(r.FormValue("client_secret")) })
			}))
			for _, ep := range []testserver.Endpoint{testserver.EndpointToken, testserver.EndpointIntrospect} {
				resp, err := s.Client().Post(s.Endpoint(ep), formType, strings.NewReader("grant_type=client_credentials&client_id=test-client&client_secret="+canary))
				if err == nil {
					_ = resp.Body.Close()
					t.Errorf("%s: got %d, want the connection closed", ep, resp.StatusCode)
				} else if strings.Contains(err.Error(), canary) {
					t.Errorf("%s: got the secret in %v", ep, err)
				}
			}
			closeServer(t, s)
			if logged.Len() > 0 {
				t.Errorf("got %s logged, want nothing", &logged)
			}
		})
	}
}
