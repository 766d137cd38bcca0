package snippets

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
)

// boundTokens configures a policy for DPoP proofs. MaxAge would have no effect,
// because the policy has Nonces.
func boundTokens(secret []byte, shared dpop.Replay) (*middleware.Verifier, error) {
	return middleware.NewVerifier(middleware.Config{
		Audience: "https://api.example.com",
		Issuers:  []middleware.Issuer{{URL: "https://login.example.com"}},
		Origins:  []string{"https://api.example.com"}, // where clients call the API
		DPoP: &dpop.Policy{
			Required:   true,                                // refuse bearer tokens
			Algorithms: []string{"ES256", "EdDSA"},          // clients may use these
			Nonces:     dpop.NewNonces(secret, time.Minute), // the same secret on each machine
			Replay:     shared,                              // remembers used proofs
		},
	})
}

// authenticate verifies the token of a gRPC call. Pass the metadata.MD of the
// call, and the result of grpc.Method, such as "/shop.v1.Orders/List".
func authenticate(ctx context.Context, v *middleware.Verifier, metadata map[string][]string, method string) (*middleware.Token, error) {
	presented := middleware.Credentials{
		Method: http.MethodPost, URL: method, // gRPC sends POST https://api.example.com/shop.v1.Orders/List
		Proofs: metadata["dpop"],
	}
	if fields := metadata["authorization"]; len(fields) == 1 {
		presented.Scheme, presented.Token, _ = strings.Cut(fields[0], " ")
	}
	return v.Verify(ctx, presented)
}

// forwardAuth is a handler for forward authentication. A proxy calls it for
// each request, and passes the request on to the API if the status is 200.
func forwardAuth(v *middleware.Verifier) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var presented middleware.Credentials
		if fields := r.Header.Values("Authorization"); len(fields) == 1 {
			presented.Scheme, presented.Token, _ = strings.Cut(fields[0], " ")
		}
		presented.Method = r.Header.Get("X-Forwarded-Method") // only the proxy may set this field
		presented.URL, _, _ = strings.Cut(r.Header.Get("X-Forwarded-Uri"), "?")
		presented.Proofs = r.Header.Values("DPoP")
		if _, err := v.Verify(r.Context(), presented); err != nil {
			httpauth.Answer(w, r, err)
		}
	}
}
