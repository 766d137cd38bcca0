package recipes_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/examples/recipes"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestMetrics(t *testing.T) {
	as, down := testserver.New(t), testserver.New(t)
	down.Inject(testserver.EndpointJWKS, testserver.Status(http.StatusServiceUnavailable))
	registry := prometheus.NewPedanticRegistry()
	v := newVerifier(t, as, func(c *middleware.Config) {
		c.Issuers = append(c.Issuers, middleware.Issuer{URL: down.Issuer()})
		c.Observe = recipes.Decisions(registry)
	})
	registry.MustRegister(recipes.Stats{Verifier: v})
	metrics := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})

	api := httpauth.Require(v, scopes.All("orders:read"))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	good := as.Authorize(request("GET", "/"), read)
	for _, r := range []*http.Request{
		good, good,
		as.Authorize(request("GET", "/"), read, expired),
		as.Authorize(request("GET", "/")),
		request("GET", "/"),
		down.Authorize(request("GET", "/"), read),
	} {
		serve(api, r)
	}

	got := serve(metrics, request("GET", "/metrics")).Body.String()
	issuer, downIssuer := fmt.Sprintf("issuer=%q", as.Issuer()), fmt.Sprintf("issuer=%q", down.Issuer())
	for _, want := range []string{
		`bearerguard_decision_seconds_count{` + issuer + `,reason="accepted"} 2`,
		`bearerguard_decision_seconds_count{` + issuer + `,reason="expired"} 1`,
		`bearerguard_decision_seconds_count{` + issuer + `,reason="requirement"} 1`,
		`bearerguard_decision_seconds_count{` + downIssuer + `,reason="unavailable"} 1`,
		`bearerguard_decision_seconds_count{issuer="",reason="no_token"} 1` + "\n",
		`bearerguard_cached_tokens 2` + "\n",
		`bearerguard_cache_hits_total 1` + "\n",
		`bearerguard_keys{` + issuer + `} 2`,
		`bearerguard_keys_age_seconds{` + issuer + `} `,
		`bearerguard_fetch_failures_total{class="status_5xx",` + downIssuer + `} 1`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got metrics without %s", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}
