package middleware_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

type outage struct {
	endpoint testserver.Endpoint
	fault    testserver.Fault
}

// outages are the ways in which the keys of an authorization server can be
// unavailable.
var outages = map[string]outage{
	"every endpoint answers 503":            {testserver.EndpointAny, testserver.Status(503)},
	"every endpoint answers 404":            {testserver.EndpointAny, testserver.Status(404)},
	"every endpoint hangs":                  {testserver.EndpointAny, testserver.Hang()},
	"every connection is dropped":           {testserver.EndpointAny, testserver.DropConnection()},
	"keys answer 500":                       {testserver.EndpointJWKS, testserver.Status(500)},
	"keys answer 429":                       {testserver.EndpointJWKS, testserver.RetryAfter(time.Hour, 429)},
	"keys answer 401":                       {testserver.EndpointJWKS, testserver.Status(401)},
	"keys are delayed":                      {testserver.EndpointJWKS, testserver.Latency(time.Minute)},
	"keys hang":                             {testserver.EndpointJWKS, testserver.Hang()},
	"keys are dropped":                      {testserver.EndpointJWKS, testserver.DropConnection()},
	"keys break off":                        {testserver.EndpointJWKS, testserver.TruncateBody(30)},
	"keys are not JSON":                     {testserver.EndpointJWKS, testserver.MalformedJSON()},
	"keys have the content type of HTML":    {testserver.EndpointJWKS, testserver.ContentType("text/html; charset=utf-8")},
	"keys are a page":                       {testserver.EndpointJWKS, testserver.Body("text/html", []byte("<h1>Back soon</h1>"))},
	"keys are an error":                     {testserver.EndpointJWKS, testserver.Body("application/json", []byte(`{"error":"x"}`))},
	"the key set is empty":                  {testserver.EndpointJWKS, testserver.Body("application/jwk-set+json", []byte(`{"keys":[]}`))},
	"keys are huge":                         {testserver.EndpointJWKS, testserver.HugeBody(1 << 40)},
	"keys are redirected":                   {testserver.EndpointJWKS, testserver.RedirectTo("https://evil.example/jwks")},
	"metadata answer 500":                   {testserver.EndpointDiscovery, testserver.Status(500)},
	"metadata hang":                         {testserver.EndpointDiscovery, testserver.Hang()},
	"metadata is dropped":                   {testserver.EndpointDiscovery, testserver.DropConnection()},
	"metadata break off":                    {testserver.EndpointDiscovery, testserver.TruncateBody(30)},
	"metadata is not JSON":                  {testserver.EndpointDiscovery, testserver.MalformedJSON()},
	"metadata has the content type of HTML": {testserver.EndpointDiscovery, testserver.ContentType("text/html")},
	"metadata is huge":                      {testserver.EndpointDiscovery, testserver.HugeBody(1 << 40)},
	"metadata is redirected":                {testserver.EndpointDiscovery, testserver.RedirectTo("https://evil.example/")},
	"metadata is of another issuer":         {testserver.EndpointDiscovery, testserver.Body("application/json", []byte(`{"issuer":"https://evil.example","jwks_uri":"https://evil.example/jwks"}`))},
}

// begin starts the outage. An outage of the metadata affects the metadata
// documents of both OpenID Connect and OAuth.
func (o outage) begin(as *testserver.Server) {
	as.Inject(o.endpoint, o.fault)
	if o.endpoint == testserver.EndpointDiscovery {
		as.Inject(testserver.EndpointASMetadata, o.fault)
	}
}

// duringOutage runs a test during each outage. If warm is true, the keys are
// cached before the outage begins.
func duringOutage(t *testing.T, warm bool, test func(t *testing.T, as *testserver.Server, v *middleware.Verifier)) {
	for name, o := range outages {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				as := testserver.New(t, testserver.InMemory())
				v := newVerifier(t, middleware.Config{
					Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(), Logger: quiet,
				})
				if warm {
					if err := v.Warm(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				o.begin(as)
				test(t, as, v)
			})
		})
	}
}

// waitLimit is the maximum time that a request may wait for keys in any outage.
const waitLimit = 2 * time.Second

// assertUnavailable checks that the token is refused with 503, so that the
// client does not discard the token.
func assertUnavailable(t *testing.T, v *middleware.Verifier, token string) {
	t.Helper()
	h, begin := http.Header{}, time.Now()
	_, err := v.Authorize(h, request(t, "Bearer "+token))
	if took := time.Since(begin); took > waitLimit {
		t.Errorf("took %v, want %v at most", took, waitLimit)
	}
	var refusal *middleware.Error
	if !errors.As(err, &refusal) || refusal.StatusCode() != http.StatusServiceUnavailable || !errors.Is(err, middleware.ErrUnavailable) {
		t.Errorf("got %v, want a 503", err)
		return
	}
	if h.Get("Retry-After") == "" || h.Get("Cache-Control") != "no-store" || h.Get("WWW-Authenticate") != "" {
		t.Errorf("got header %v, want Retry-After and no challenge", h)
	}
	if refusal.Code == middleware.CodeInvalidToken || strings.Contains(bodyOf(refusal), "invalid") {
		t.Errorf("got %+v, which makes a client discard its token", bodyOf(refusal))
	}
}

func assertAccepted(t *testing.T, v *middleware.Verifier, token string) {
	t.Helper()
	assertAcceptedWithin(t, v, token, waitLimit)
}

func assertAcceptedWithin(t *testing.T, v *middleware.Verifier, token string, most time.Duration) {
	t.Helper()
	begin := time.Now()
	if _, err := v.Authorize(http.Header{}, request(t, "Bearer "+token)); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	if took := time.Since(begin); took > most {
		t.Errorf("took %v, want %v at most", took, most)
	}
}

func TestOutageBeforeKeysAreCached(t *testing.T) {
	duringOutage(t, false, func(t *testing.T, as *testserver.Server, v *middleware.Verifier) {
		token := as.Token(testserver.AccessTTL(time.Hour))
		for range 5 {
			assertUnavailable(t, v, token)
			time.Sleep(time.Minute)
		}
		if err := v.Warm(t.Context()); !errors.Is(err, jwks.ErrUnavailable) {
			t.Errorf("Warm: got %v, want the keys unavailable", err)
		}
		if err := v.Healthy(); !errors.Is(err, middleware.ErrUnavailable) {
			t.Errorf("Healthy: got %v, want ErrUnavailable", err)
		}
		// Faults that do not depend on a key are also reported during an
		// outage.
		if _, err := v.Verify(t.Context(), middleware.Credentials{Token: as.Token(testserver.ExpiresIn(-time.Hour))}); !errors.Is(err, middleware.ErrExpired) {
			t.Errorf("an expired token: got %v, want ErrExpired", err)
		}

		time.Sleep(time.Minute) // all pending requests end in this time
		as.Reset()
		time.Sleep(time.Second)
		assertAcceptedWithin(t, v, token, 0)
		if err := v.Healthy(); err != nil {
			t.Errorf("Healthy, afterwards: got %v, want nil", err)
		}
	})
}

func TestOutageAfterKeysAreCached(t *testing.T) {
	duringOutage(t, true, func(t *testing.T, as *testserver.Server, v *middleware.Verifier) {
		for range 24 {
			time.Sleep(5 * time.Minute)
			assertAccepted(t, v, as.Token())
			for range 10 {
				assertAcceptedWithin(t, v, as.Token(), 0)
			}
			if err := v.Healthy(); err != nil {
				t.Errorf("Healthy: got %v, want nil while tokens can be verified", err)
			}
		}
		if _, err := v.Verify(t.Context(), middleware.Credentials{Token: as.Token(testserver.ExpiresIn(-time.Hour))}); !errors.Is(err, middleware.ErrExpired) {
			t.Errorf("an expired token: got %v, want ErrExpired", err)
		}
		forged := as.Token(testserver.SignedWith(testserver.GenerateKey("ES256", as.SigningKey().ID)))
		if _, err := v.Verify(t.Context(), middleware.Credentials{Token: forged}); !errors.Is(err, middleware.ErrSignature) {
			t.Errorf("a forged token: got %v, want ErrSignature", err)
		}
	})
}

// A key that is not available during the outage may be the issuer's newest key.
// A token that is signed with this key must therefore not be refused as
// invalid.
func TestAnOutageDuringARotation(t *testing.T) {
	for name, o := range outages {
		if o.endpoint == testserver.EndpointDiscovery {
			continue // TestAnOutageOfTheMetadataDuringARotation covers the metadata
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				as := testserver.New(t, testserver.InMemory())
				v := newVerifier(t, middleware.Config{
					Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(), Logger: quiet,
				})
				old := as.Token(testserver.AccessTTL(time.Hour))
				assertAccepted(t, v, old)
				time.Sleep(time.Minute)
				as.Inject(o.endpoint, o.fault)
				as.Rotate()
				fresh := as.Token(testserver.AccessTTL(time.Hour))
				for range 5 {
					assertUnavailable(t, v, fresh)
					assertAccepted(t, v, old)
					time.Sleep(time.Minute)
				}
				as.Reset()
				if name == "keys answer 429" {
					time.Sleep(5 * time.Minute) // the longest Retry-After wait
				}
				time.Sleep(5 * time.Second)
				assertAcceptedWithin(t, v, fresh, 0)
				assertAcceptedWithin(t, v, old, 0)
			})
		})
	}
}

// If the metadata becomes unavailable after the first fetch, keys are still
// fetched from the jwks_uri that the first fetch returned.
func TestAnOutageOfTheMetadataDuringARotation(t *testing.T) {
	for name, o := range outages {
		if o.endpoint != testserver.EndpointDiscovery {
			continue
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				as := testserver.New(t, testserver.InMemory())
				v := newVerifier(t, middleware.Config{
					Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(), Logger: quiet,
				})
				assertAccepted(t, v, as.Token())
				o.begin(as)
				most := time.Duration(0)
				if name == "metadata hang" {
					most = waitLimit
				}
				for range 24 { // 24 times 5 minutes: two hours
					time.Sleep(time.Minute)
					as.Rotate(testserver.Rotation{DropOld: true})
					assertAcceptedWithin(t, v, as.Token(), most)
					time.Sleep(4 * time.Minute)
				}
			})
		})
	}
}

// If the server of one issuer hangs, only tokens of this issuer are delayed.
func TestAnIssuerThatHangsDelaysNoOther(t *testing.T) {
	for _, test := range []struct {
		name string
		warm bool
	}{{"before keys are cached", false}, {"after keys are cached", true}} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up, down := testserver.New(t, testserver.InMemory()), testserver.New(t, testserver.InMemory())
				v := newVerifier(t, middleware.Config{
					Audience: "api", Logger: quiet,
					Issuers: []middleware.Issuer{{URL: down.Issuer(), Keys: remote(t, down)}, {URL: up.Issuer(), Keys: remote(t, up)}},
				})
				if test.warm {
					if err := v.Warm(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				down.Inject(testserver.EndpointAny, testserver.Hang())
				for range 10 {
					time.Sleep(4 * time.Minute)
					var waiting sync.WaitGroup
					waiting.Go(func() {
						down.Rotate() // new tokens then need a key that is not cached
						assertUnavailable(t, v, down.Token())
					})
					synctest.Wait()
					for range 10 {
						assertAcceptedWithin(t, v, up.Token(), 0)
					}
					up.Rotate()
					time.Sleep(time.Second)
					assertAcceptedWithin(t, v, up.Token(), 0)
					waiting.Wait()
				}
				time.Sleep(time.Minute) // all pending requests end in this time
			})
		})
	}
}

// Health probes make the verifier fetch keys even if it receives no tokens.
func TestHealthyMakesAVerifierReady(t *testing.T) {
	for name, down := range map[string]time.Duration{"at once": 0, "a while after the server": time.Minute} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				as := testserver.New(t, testserver.InMemory())
				v := newVerifier(t, middleware.Config{
					Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(), Logger: quiet,
				})
				as.Inject(testserver.EndpointAny, testserver.Status(503))
				probe := func() error {
					begin := time.Now()
					defer func() {
						if took := time.Since(begin); took != 0 {
							t.Errorf("a probe took %v, want no wait", took)
						}
					}()
					return v.Healthy()
				}
				for begin := time.Now(); time.Since(begin) < down; time.Sleep(time.Second) {
					if err := probe(); !errors.Is(err, middleware.ErrUnavailable) {
						t.Errorf("got %v, want ErrUnavailable", err)
					}
					synctest.Wait()
				}
				as.Reset()
				if err := probe(); !errors.Is(err, middleware.ErrUnavailable) {
					t.Errorf("the first probe: got %v, want ErrUnavailable", err)
				}
				synctest.Wait()
				if err := probe(); err != nil {
					t.Errorf("the second probe: got %v, want nil", err)
				}
				before := as.Count(testserver.EndpointAny)
				assertAcceptedWithin(t, v, as.Token(), 0)
				if got := as.Count(testserver.EndpointAny); got != before {
					t.Errorf("the first token caused %d requests, want its keys cached", got-before)
				}
				// Probes also refresh the keys.
				for range 60 {
					time.Sleep(time.Minute)
					if err := probe(); err != nil {
						t.Errorf("got %v, want nil", err)
					}
					synctest.Wait()
				}
				if got := v.Stats().Keys[as.Issuer()]; got.Age > 5*time.Minute {
					t.Errorf("got %+v, want refreshed keys", got)
				}
			})
		})
	}
}
