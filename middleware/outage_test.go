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

// outages are the ways in which an authorization server keeps its keys from us.
var outages = map[string]outage{
	"every endpoint answers 503":     {testserver.EndpointAny, testserver.Status(503)},
	"every endpoint answers 404":     {testserver.EndpointAny, testserver.Status(404)},
	"every endpoint hangs":           {testserver.EndpointAny, testserver.Hang()},
	"every connection is dropped":    {testserver.EndpointAny, testserver.DropConnection()},
	"keys answer 500":                {testserver.EndpointJWKS, testserver.Status(500)},
	"keys answer 429":                {testserver.EndpointJWKS, testserver.RetryAfter(time.Hour, 429)},
	"keys answer 401":                {testserver.EndpointJWKS, testserver.Status(401)},
	"keys are late":                  {testserver.EndpointJWKS, testserver.Latency(time.Minute)},
	"keys hang":                      {testserver.EndpointJWKS, testserver.Hang()},
	"keys are dropped":               {testserver.EndpointJWKS, testserver.DropConnection()},
	"keys break off":                 {testserver.EndpointJWKS, testserver.TruncateBody(30)},
	"keys are not JSON":              {testserver.EndpointJWKS, testserver.MalformedJSON()},
	"keys say they are HTML":         {testserver.EndpointJWKS, testserver.ContentType("text/html; charset=utf-8")},
	"keys are a page":                {testserver.EndpointJWKS, testserver.Body("text/html", []byte("<h1>Back soon</h1>"))},
	"keys are an error":              {testserver.EndpointJWKS, testserver.Body("application/json", []byte(`{"error":"x"}`))},
	"keys are none":                  {testserver.EndpointJWKS, testserver.Body("application/jwk-set+json", []byte(`{"keys":[]}`))},
	"keys are huge":                  {testserver.EndpointJWKS, testserver.HugeBody(1 << 40)},
	"keys are elsewhere":             {testserver.EndpointJWKS, testserver.RedirectTo("https://evil.example/jwks")},
	"metadata answer 500":            {testserver.EndpointDiscovery, testserver.Status(500)},
	"metadata hang":                  {testserver.EndpointDiscovery, testserver.Hang()},
	"metadata are dropped":           {testserver.EndpointDiscovery, testserver.DropConnection()},
	"metadata break off":             {testserver.EndpointDiscovery, testserver.TruncateBody(30)},
	"metadata are not JSON":          {testserver.EndpointDiscovery, testserver.MalformedJSON()},
	"metadata say they are HTML":     {testserver.EndpointDiscovery, testserver.ContentType("text/html")},
	"metadata are huge":              {testserver.EndpointDiscovery, testserver.HugeBody(1 << 40)},
	"metadata are elsewhere":         {testserver.EndpointDiscovery, testserver.RedirectTo("https://evil.example/")},
	"metadata are of another issuer": {testserver.EndpointDiscovery, testserver.Body("application/json", []byte(`{"issuer":"https://evil.example","jwks_uri":"https://evil.example/jwks"}`))},
}

// begin lets the outage begin. That of the metadata is one of both documents.
func (o outage) begin(as *testserver.Server) {
	as.Inject(o.endpoint, o.fault)
	if o.endpoint == testserver.EndpointDiscovery {
		as.Inject(testserver.EndpointASMetadata, o.fault)
	}
}

// during runs a test while an outage lasts; warm says whether keys were known
// before it began.
func during(t *testing.T, warm bool, test func(t *testing.T, as *testserver.Server, v *middleware.Verifier)) {
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

// patience is how long a request may wait for keys, whatever the server does.
const patience = 2 * time.Second

// unavailable demands the answer that lets a client keep its token.
func unavailable(t *testing.T, v *middleware.Verifier, token string) {
	t.Helper()
	h, begin := http.Header{}, time.Now()
	_, err := v.Authorize(h, request(t, "Bearer "+token))
	if took := time.Since(begin); took > patience {
		t.Errorf("took %v, want %v at most", took, patience)
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
		t.Errorf("got %+v, which tells a client to throw its token away", bodyOf(refusal))
	}
}

func accepted(t *testing.T, v *middleware.Verifier, token string) {
	t.Helper()
	acceptedIn(t, v, token, patience)
}

func acceptedIn(t *testing.T, v *middleware.Verifier, token string, most time.Duration) {
	t.Helper()
	begin := time.Now()
	if _, err := v.Authorize(http.Header{}, request(t, "Bearer "+token)); err != nil {
		t.Errorf("got %v, want the token accepted", err)
	}
	if took := time.Since(begin); took > most {
		t.Errorf("took %v, want %v at most", took, most)
	}
}

func TestAnOutageBeforeAnyKeyIsKnown(t *testing.T) {
	during(t, false, func(t *testing.T, as *testserver.Server, v *middleware.Verifier) {
		token := as.Token(testserver.AccessTTL(time.Hour))
		for range 5 {
			unavailable(t, v, token)
			time.Sleep(time.Minute)
		}
		if err := v.Warm(t.Context()); !errors.Is(err, jwks.ErrUnavailable) {
			t.Errorf("Warm: got %v, want the keys unavailable", err)
		}
		if err := v.Healthy(); !errors.Is(err, middleware.ErrUnavailable) {
			t.Errorf("Healthy: got %v, want ErrUnavailable", err)
		}
		// What is wrong without any key is wrong in an outage too.
		if _, err := v.Verify(t.Context(), middleware.Credentials{Token: as.Token(testserver.ExpiresIn(-time.Hour))}); !errors.Is(err, middleware.ErrExpired) {
			t.Errorf("an expired token: got %v, want ErrExpired", err)
		}

		time.Sleep(time.Minute) // for what still waits for an answer
		as.Reset()
		time.Sleep(time.Second)
		acceptedIn(t, v, token, 0)
		if err := v.Healthy(); err != nil {
			t.Errorf("Healthy, afterwards: got %v, want nil", err)
		}
	})
}

func TestAnOutageOnceKeysAreKnown(t *testing.T) {
	during(t, true, func(t *testing.T, as *testserver.Server, v *middleware.Verifier) {
		for range 24 {
			time.Sleep(5 * time.Minute)
			accepted(t, v, as.Token())
			for range 10 {
				acceptedIn(t, v, as.Token(), 0)
			}
			if err := v.Healthy(); err != nil {
				t.Errorf("Healthy: got %v, want nil while tokens can be judged", err)
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

// A key that the outage hides may be the issuer's newest: nobody can say that
// its tokens are invalid.
func TestAnOutageDuringARotation(t *testing.T) {
	for name, o := range outages {
		if o.endpoint == testserver.EndpointDiscovery {
			continue // see below
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				as := testserver.New(t, testserver.InMemory())
				v := newVerifier(t, middleware.Config{
					Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(), Logger: quiet,
				})
				old := as.Token(testserver.AccessTTL(time.Hour))
				accepted(t, v, old)
				time.Sleep(time.Minute)
				as.Inject(o.endpoint, o.fault)
				as.Rotate()
				fresh := as.Token(testserver.AccessTTL(time.Hour))
				for range 5 {
					unavailable(t, v, fresh)
					accepted(t, v, old)
					time.Sleep(time.Minute)
				}
				as.Reset()
				if name == "keys answer 429" {
					time.Sleep(5 * time.Minute) // which it asked for
				}
				time.Sleep(5 * time.Second)
				acceptedIn(t, v, fresh, 0)
				acceptedIn(t, v, old, 0)
			})
		})
	}
}

// Metadata are not needed to find keys where they were before.
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
				accepted(t, v, as.Token())
				o.begin(as)
				most := time.Duration(0)
				if name == "metadata hang" {
					most = patience
				}
				for range 24 { // two hours
					time.Sleep(time.Minute)
					as.Rotate(testserver.Rotation{DropOld: true})
					acceptedIn(t, v, as.Token(), most)
					time.Sleep(4 * time.Minute)
				}
			})
		})
	}
}

// An issuer whose server hangs takes the time of its own tokens alone.
func TestAnIssuerThatHangsDelaysNoOther(t *testing.T) {
	for _, test := range []struct {
		name string
		warm bool
	}{{"before any key is known", false}, {"once keys are known", true}} {
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
						down.Rotate() // so that its tokens need the server
						unavailable(t, v, down.Token())
					})
					synctest.Wait()
					for range 10 {
						acceptedIn(t, v, up.Token(), 0)
					}
					up.Rotate()
					time.Sleep(time.Second)
					acceptedIn(t, v, up.Token(), 0)
					waiting.Wait()
				}
				time.Sleep(time.Minute) // for what still waits for an answer
			})
		})
	}
}

// A verifier without traffic becomes ready by its probes alone.
func TestHealthyAloneMakesAVerifierReady(t *testing.T) {
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
							t.Errorf("a probe took %v, want it not to wait", took)
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
					t.Errorf("the second probe: got %v, want the verifier ready", err)
				}
				before := as.Count(testserver.EndpointAny)
				acceptedIn(t, v, as.Token(), 0)
				if got := as.Count(testserver.EndpointAny); got != before {
					t.Errorf("the first token caused %d requests, want its keys known", got-before)
				}
				// Nor do they let the keys grow old.
				for range 60 {
					time.Sleep(time.Minute)
					if err := probe(); err != nil {
						t.Errorf("got %v, want health", err)
					}
					synctest.Wait()
				}
				if got := v.Stats().Keys[as.Issuer()]; got.Age > 5*time.Minute {
					t.Errorf("got %+v, want keys that were renewed", got)
				}
			})
		})
	}
}
