package introspect_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
)

func TestConfigurationFaults(t *testing.T) {
	good := introspect.Config{Endpoint: endpoint, Auth: introspect.Basic("api", "secret")}
	keys := newSigner(t, "ES256").set()
	for name, tt := range map[string]struct {
		change func(*introspect.Config)
		want   []string // parts of the error
	}{
		"no Issuer and no Endpoint":                    {func(c *introspect.Config) { c.Endpoint = "" }, []string{"Issuer and Endpoint are empty"}},
		"no Auth":                                      {func(c *introspect.Config) { c.Auth = introspect.Auth{} }, []string{"Auth is missing"}},
		"an endpoint on http":                          {func(c *introspect.Config) { c.Endpoint = "http://as.example.com/" }, []string{"Endpoint", "https"}},
		"an issuer with a query":                       {func(c *introspect.Config) { c.Issuer, c.Endpoint = issuer+"?a", "" }, []string{"Issuer", "query"}},
		"an issuer with a space":                       {func(c *introspect.Config) { c.Issuer = "acme inc" }, []string{"Issuer must be printable"}},
		"an issuer with a line break":                  {func(c *introspect.Config) { c.Issuer = "acme\n" }, []string{"Issuer must be printable"}},
		"an issuer beyond ASCII":                       {func(c *introspect.Config) { c.Issuer = "ácme" }, []string{"Issuer must be printable"}},
		"an issuer that is not a URL, and no endpoint": {func(c *introspect.Config) { c.Issuer, c.Endpoint = "acme.com", "" }, []string{"Issuer: must be an absolute URL"}},
		"a TTL over an hour":                           {func(c *introspect.Config) { c.MaxTTL = time.Hour + 1 }, []string{"MaxTTL"}},
		"keys without an issuer":                       {func(c *introspect.Config) { c.Keys = keys }, []string{"Keys requires Issuer"}},
		"keys without a client identifier":             {func(c *introspect.Config) { c.Keys, c.Issuer, c.Auth = keys, issuer, introspect.Bearer(noToken) }, []string{"Keys requires Issuer"}},
		"a nil Remote":                                 {func(c *introspect.Config) { c.Keys, c.Issuer = (*jwks.Remote)(nil), issuer }, []string{"nil *jwks.Remote"}},
		"a nil Set":                                    {func(c *introspect.Config) { c.Keys, c.Issuer = (*jwks.Set)(nil), issuer }, []string{"nil *jwks.Set"}},
		"an empty secret":                              {func(c *introspect.Config) { c.Auth = introspect.Post("api", "") }, []string{"Auth: Post"}},
		"mTLS without its Client":                      {func(c *introspect.Config) { c.Auth = introspect.MutualTLS("api") }, []string{"MutualTLS needs a Client"}},
		"all faults at once": {
			func(c *introspect.Config) {
				*c = introspect.Config{Issuer: "an issuer", Endpoint: "http://as.example.com", Keys: keys, MaxTTL: 2 * time.Hour}
			},
			[]string{"Issuer must be", "Endpoint:", "Auth is missing", "Keys requires", "MaxTTL"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			config := good
			tt.change(&config)
			c, err := introspect.New(config)
			if c != nil || err == nil {
				t.Fatalf("got %v, %v, want a fault", c, err)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %q, want it to mention %q", err, part)
				}
			}
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "introspect: ") {
					t.Errorf("got %q, want the package name as prefix", line)
				}
			}
		})
	}
}

func TestValidConfigurations(t *testing.T) {
	for name, config := range map[string]introspect.Config{
		"an endpoint":         {Endpoint: endpoint},
		"an endpoint's query": {Endpoint: endpoint + "?tenant=a"},
		"an issuer":           {Issuer: issuer},
		"both":                {Issuer: issuer, Endpoint: "https://elsewhere.example/introspect"},
		"an issuer that is not a URL, and an endpoint": {Endpoint: endpoint, Issuer: "stytch.com/project-test-1"},
		"an issuer on http, and an endpoint":           {Endpoint: endpoint, Issuer: "http://adfs.example.com/adfs/services/trust"},
		"http on loopback":                             {Endpoint: "http://127.0.0.1:1/", Issuer: "http://localhost:1"},
		"http with InsecureHTTP":                       {Endpoint: "http://as:1/", Issuer: "http://as:1", InsecureHTTP: true},
		"an hour":                                      {Endpoint: endpoint, MaxTTL: time.Hour},
		"no cache":                                     {Endpoint: endpoint, MaxTTL: -1},
		"signed answers":                               {Endpoint: endpoint, Issuer: issuer, Keys: newSigner(t, "ES256").set()},
	} {
		t.Run(name, func(t *testing.T) {
			config.Auth = introspect.Basic("api", "secret")
			if _, err := introspect.New(config); err != nil {
				t.Error(err)
			}
		})
	}
}

// The default Client must keep enough idle connections, because the default
// transport of net/http keeps only two per host.
func TestConnectionsAreReused(t *testing.T) {
	var connections atomic.Int32
	addresses := make(map[string]bool)
	var mu sync.Mutex
	const together = 20
	arrived := make(chan struct{}, together)
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if !addresses[r.RemoteAddr] {
			addresses[r.RemoteAddr] = true
			connections.Add(1)
		}
		mu.Unlock()
		arrived <- struct{}{}
		<-release
		_, _ = w.Write([]byte(`{"active":true}`))
	}))
	c, err := introspect.New(introspect.Config{Endpoint: server.URL, Auth: introspect.Basic("api", "secret"), Logger: discardLogger, MaxTTL: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close() // closes idle connections
	for range 5 {
		var all sync.WaitGroup
		for i := range together {
			all.Go(func() { assertActive(t, c, strings.Repeat("a", i+1)) })
		}
		for range together {
			<-arrived
		}
		for range together {
			release <- struct{}{}
		}
		all.Wait()
	}
	if got := connections.Load(); got > together+2 { // a connection may become idle too late to be reused
		t.Errorf("%d requests, %d at a time, used %d connections, want about one for each request at a time", 5*together, together, got)
	}
	t.Logf("%d requests, %d at a time, took %d connections", 5*together, together, connections.Load())
}

// New must not change the Client of the configuration. The introspection client
// uses neither the CheckRedirect nor the Jar of that Client.
func TestHTTPClientIsNotChanged(t *testing.T) {
	s := newSite(redirect(302, issuer+"/elsewhere"))
	client := s.client()
	jar, _ := cookiejar.New(nil)
	jar.SetCookies(&url.URL{Scheme: "https", Host: "as.example.com"}, []*http.Cookie{{Name: "session", Value: canary}})
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { t.Error("CheckRedirect was called"); return nil }
	c := newClient(t, s, func(c *introspect.Config) { c.Client = client })
	assertUnavailable(t, c, token, introspect.ErrUnavailable)
	if got := s.received(); len(got) != 1 || client.Jar != jar || client.Timeout != 0 {
		t.Errorf("got %d requests and the client %+v, want 1 request and the client unchanged", len(got), client)
	}
	if got := s.received()[0].header["Cookie"]; got != nil {
		t.Errorf("got the cookies %q, want none", got)
	}
	if !slices.Equal(s.received()[0].header["Accept"], []string{"application/json"}) {
		t.Errorf("got Accept %q, want only application/json", s.received()[0].header["Accept"])
	}
}

// New must refuse a Config without Issuer and Endpoint, an unsafe Endpoint and,
// without an Endpoint, an unsafe Issuer. Its error must not quote the URL.
func TestThreatsAddressesOfTheProgram(t *testing.T) {
	for name, config := range map[string]introspect.Config{
		"plain http":             {Endpoint: "http://login.example.com/introspect"},
		"an issuer on http":      {Issuer: "http://login.example.com"},
		"a user in the URL":      {Endpoint: "https://user:" + "canary" + "@login.example.com/introspect"},
		"another scheme":         {Endpoint: "ftp://login.example.com/introspect"},
		"an issuer with a query": {Issuer: "https://login.example.com?" + "canary"},
		"no address":             {},
	} {
		t.Run("I19/"+name, func(t *testing.T) {
			config.Auth = introspect.Basic("api", "secret")
			if _, err := introspect.New(config); err == nil || strings.Contains(err.Error(), "canary") {
				t.Errorf("got %v, want a fault that does not quote the URL", err)
			}
		})
	}
}
