package middleware_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
)

func TestFaultsOfDPoP(t *testing.T) {
	const (
		origins = `DPoP needs Origins, because a proof names the URL of the request: set Origins: []string{"https://api.example.com"} to the URL at which clients reach the API`
		header  = "DPoP cannot be combined with TokenHeader: tokens with DPoP are always sent in the Authorization field"
	)
	for name, tt := range map[string]struct {
		change func(*middleware.Config)
		want   []string
	}{
		"no fault":           {func(*middleware.Config) {}, nil},
		"no origins":         {func(c *middleware.Config) { c.Origins = nil }, []string{origins}},
		"empty origins":      {func(c *middleware.Config) { c.Origins = []string{} }, []string{origins}},
		"a token header":     {func(c *middleware.Config) { c.TokenHeader = "X-Token" }, []string{header}},
		"a bad policy":       {func(c *middleware.Config) { c.DPoP.MaxAge = time.Hour }, []string{"bearerguard: DPoP: MaxAge must be between 0 and 5m0s"}},
		"a symmetric key":    {func(c *middleware.Config) { c.DPoP.Algorithms = []string{"HS256"} }, []string{`bearerguard: DPoP: Algorithms: "HS256" needs a shared secret`}},
		"nonces by hand":     {func(c *middleware.Config) { c.DPoP.Nonces = new(dpop.Nonces) }, []string{"bearerguard: DPoP: Nonces: the zero value accepts nothing: use NewNonces"}},
		"a nil store":        {func(c *middleware.Config) { c.DPoP.Replay = (*dpop.Memory)(nil) }, []string{"bearerguard: DPoP: Replay: is a nil *dpop.Memory"}},
		"a malformed origin": {func(c *middleware.Config) { c.Origins = []string{"api.example.com"}; c.Resource = c.Origins[0] }, []string{"Origins[0]: must be a URL"}},
		"every fault at once": {
			func(c *middleware.Config) {
				c.Origins, c.Resource, c.TokenHeader, c.Issuers = nil, "", "X-Token", nil
				*c.DPoP = dpop.Policy{Algorithms: []string{"none"}, MaxAge: -1, Nonces: dpop.NewNonces(nil, 0), Replay: dpop.NewMemory(-1)}
			},
			[]string{
				"bearerguard: Issuers is empty", "bearerguard: " + origins, "bearerguard: " + header,
				`bearerguard: DPoP: Algorithms: "none" is not supported`, "bearerguard: DPoP: MaxAge must be", "bearerguard: DPoP: Nonces: the secret of NewNonces has 0 bytes",
				"bearerguard: DPoP: Nonces: the period of NewNonces is 0s", "bearerguard: DPoP: Replay: NewMemory(-1): want a size of 0 or more",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			config := published("https://api.example.com")
			config.DPoP = new(dpop.Policy)
			tt.change(&config)
			_, err := middleware.NewVerifier(config)
			if err == nil {
				if tt.want != nil {
					t.Fatalf("got no error, want %q", tt.want)
				}
				return
			}
			if tt.want == nil {
				t.Fatalf("got %v, want no error", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
			if got := len(strings.Split(err.Error(), "\n")); got != len(tt.want) {
				t.Errorf("got %d faults, want %d:\n%v", got, len(tt.want), err)
			}
		})
	}
}

// NewVerifier copies the policy, so a later change by the caller has no effect.
func TestThePolicyOnProofsIsCopied(t *testing.T) {
	config := published("https://api.example.com")
	config.DPoP = &dpop.Policy{Algorithms: []string{"ES256"}}
	v, err := middleware.NewVerifier(config)
	if err != nil {
		t.Fatal(err)
	}
	config.DPoP.Required, config.DPoP.Algorithms[0] = true, "RS256"
	_, err = v.Verify(t.Context(), middleware.Credentials{})
	header := make(map[string][]string)
	middleware.Refusal(err).SetHeader(header)
	got := strings.Join(header["Www-Authenticate"], "\n")
	if !strings.Contains(got, `algs="ES256"`) || !strings.Contains(got, "\nBearer ") {
		t.Errorf("got the challenges\n%s\nwant DPoP with ES256, and Bearer", got)
	}
}
