package redis_test

import (
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", "16") // the suites mostly wait, so many may run at once
	os.Exit(m.Run())
}

// buildAPI builds examples/api and returns the path of the program.
func buildAPI(t *testing.T) string {
	t.Helper()
	file, err := program.Build(t.Context(), "../..", "./examples/api", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Two processes of examples/api share used proofs and introspection responses
// through Redis.
func TestProcessesShareThroughRedis(t *testing.T) {
	t.Parallel()
	const origin = "https://api.example.com"
	file := buildAPI(t)
	redis := startServer(t)
	as := testserver.New(t, testserver.Audience("api"))
	var apis []string
	for range 2 {
		apis = append(apis, program.Start(t, file, "ISSUER="+as.Issuer(), "AUDIENCE=api", "ORIGIN="+origin, "REDIS_URL=redis://"+redis.addr,
			"INTROSPECTION_CLIENT_ID="+as.DefaultClient().ID, "INTROSPECTION_CLIENT_SECRET="+as.DefaultClient().Secret, "INTROSPECTION_MAX_TTL=1m"))
	}
	send := func(api int, scheme, token, proof string) (status int) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, apis[api]+"/me", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", scheme+" "+token)
		if proof != "" {
			r.Header.Set("DPoP", proof)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	key := testserver.GenerateKey("ES256", "")
	bound := as.Token(testserver.BoundTo(key))
	proof := func() string { return strings.Join(testserver.Proof(key, http.MethodGet, origin+"/me", bound), "") }
	opaque, bearer := as.Token(testserver.OpaqueTokens()), as.Token()
	used := proof()
	want := func(what string, got, want int) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %d, want %d", what, got, want)
		}
	}
	want("a proof", send(0, "DPoP", bound, used), 200)
	want("the same proof at the other process", send(1, "DPoP", bound, used), 401)
	want("another proof", send(1, "DPoP", bound, proof()), 200)
	want("an opaque token", send(0, "Bearer", opaque, ""), 200)
	want("it at the other process", send(1, "Bearer", opaque, ""), 200)
	if got := as.Count(testserver.EndpointIntrospect); got != 1 {
		t.Errorf("got %d introspections, want 1", got)
	}

	another := proof()
	want("a proof before the loss", send(0, "DPoP", bound, another), 200)
	redis.do("FLUSHALL")
	want("it at the other process, after the loss", send(1, "DPoP", bound, another), 503)
	want("a bearer token after the loss", send(1, "Bearer", bearer, ""), 200)
	redis.kill()
	want("a proof while Redis is down", send(0, "DPoP", bound, proof()), 503)
	want("an opaque token while Redis is down", send(0, "Bearer", as.Token(testserver.OpaqueTokens()), ""), 200)
}
