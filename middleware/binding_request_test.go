package middleware_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
)

var proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}

// present makes a request arrive over TLS with a client certificate whose DER
// is der. If der is "", the client presents no certificate.
func present(r *http.Request, der string) {
	r.TLS = new(tls.ConnectionState)
	if der != "" {
		r.TLS.PeerCertificates = []*x509.Certificate{{Raw: []byte(der)}, {Raw: []byte("issuer")}}
	}
}

// forward makes a request come from the address peer. The peer forwards the
// hash of the certificate whose DER is der. If der is "", the peer forwards
// nothing.
func forward(r *http.Request, peer, der string) {
	r.RemoteAddr = peer + ":4711"
	r.Header.Del("X-Forwarded-Client-Cert")
	if der != "" {
		r.Header.Set("X-Forwarded-Client-Cert", fmt.Sprintf("Hash=%x", sha256Sum(der)))
	}
}

// TLS and Envoy find the client's certificate in an HTTP request.
func TestSourcesOfCertificates(t *testing.T) {
	envoy := clientcert.Envoy(proxies)
	for _, tt := range []struct {
		name    string
		source  clientcert.Source
		prepare func(*http.Request)
		want    []error
	}{
		{"TLS, right", clientcert.TLS, func(r *http.Request) { present(r, "own") }, nil},
		{"TLS, another", clientcert.TLS, func(r *http.Request) { present(r, "other") }, []error{middleware.ErrCertificate}},
		{"TLS, the issuer", clientcert.TLS, func(r *http.Request) { present(r, "issuer") }, []error{middleware.ErrCertificate}},
		{"TLS, none", clientcert.TLS, func(r *http.Request) { present(r, "") }, []error{middleware.ErrCertificate}},
		{"no TLS", clientcert.TLS, func(*http.Request) {}, []error{middleware.ErrCertificate}},
		{"TLS, with a field of the client", clientcert.TLS, func(r *http.Request) { forward(r, "192.0.2.1", "own") }, []error{middleware.ErrCertificate}},
		{"a proxy, right", envoy, func(r *http.Request) { forward(r, "192.0.2.1", "own") }, nil},
		{"a proxy, another", envoy, func(r *http.Request) { forward(r, "192.0.2.1", "other") }, []error{middleware.ErrCertificate}},
		{"a proxy, none", envoy, func(r *http.Request) { forward(r, "192.0.2.1", "") }, []error{middleware.ErrCertificate}},
		{"a proxy, with TLS of its own", envoy, func(r *http.Request) { present(r, "own"); forward(r, "192.0.2.1", "") }, []error{middleware.ErrCertificate}},
		{"a client", envoy, func(r *http.Request) { forward(r, "203.0.113.1", "own") }, []error{middleware.ErrCertificate, clientcert.ErrUntrusted}},
		{"a field that a proxy removes on behalf of the client", envoy, func(r *http.Request) {
			forward(r, "192.0.2.1", "")
			r.Header.Set("Connection", "X-Forwarded-Client-Cert")
		}, []error{middleware.ErrCertificate}},
		{"two fields", envoy, func(r *http.Request) {
			forward(r, "192.0.2.1", "own")
			r.Header.Add("X-Forwarded-Client-Cert", "Hash=a")
		}, []error{middleware.ErrCertificate}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, withCertificates(tt.source))
			r := request(t, "Bearer "+c.bound(x5t(own)))
			tt.prepare(r)
			h := make(http.Header)
			_, err := c.v.Authorize(h, r)
			if tt.want == nil {
				wants(t, err, nil)
				return
			}
			for _, want := range tt.want {
				wants(t, err, want)
			}
			if got := h.Get("WWW-Authenticate"); !strings.Contains(got, `error="invalid_token"`) {
				t.Errorf("got the challenge %q, want invalid_token", got)
			}
		})
	}
}

// A nested route reuses the decision about the outer route only if the client's
// certificate is still the same.
func TestNestedRoutesOfACertificate(t *testing.T) {
	for name, tt := range map[string]struct {
		source  clientcert.Source
		prepare func(*http.Request)
		between func(*http.Request)
		want    error
		reused  bool
	}{
		"TLS, unchanged":        {clientcert.TLS, func(r *http.Request) { present(r, "own") }, func(*http.Request) {}, nil, true},
		"TLS, another":          {clientcert.TLS, func(r *http.Request) { present(r, "own") }, func(r *http.Request) { present(r, "other") }, middleware.ErrCertificate, false},
		"TLS, removed":          {clientcert.TLS, func(r *http.Request) { present(r, "own") }, func(r *http.Request) { r.TLS = nil }, middleware.ErrCertificate, false},
		"TLS, a copy":           {clientcert.TLS, func(r *http.Request) { present(r, "own") }, func(r *http.Request) { present(r, "own") }, nil, true},
		"a field, unchanged":    {clientcert.Envoy(proxies), func(r *http.Request) { forward(r, "192.0.2.1", "own") }, func(*http.Request) {}, nil, true},
		"a field, another":      {clientcert.Envoy(proxies), func(r *http.Request) { forward(r, "192.0.2.1", "own") }, func(r *http.Request) { forward(r, "192.0.2.1", "other") }, middleware.ErrCertificate, false},
		"a field, removed":      {clientcert.Envoy(proxies), func(r *http.Request) { forward(r, "192.0.2.1", "own") }, func(r *http.Request) { forward(r, "192.0.2.1", "") }, middleware.ErrCertificate, false},
		"a field, another peer": {clientcert.Envoy(proxies), func(r *http.Request) { forward(r, "192.0.2.1", "own") }, func(r *http.Request) { forward(r, "203.0.113.1", "own") }, clientcert.ErrUntrusted, false},
		"a field, malformed":    {clientcert.Envoy(proxies), func(r *http.Request) { forward(r, "192.0.2.1", "own") }, func(r *http.Request) { r.Header.Set("X-Forwarded-Client-Cert", "x") }, middleware.ErrCertificate, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, withTokenCache, withCertificates(tt.source))
			r := request(t, "Bearer "+c.bound(x5t(own)))
			tt.prepare(r)
			outer, err := c.v.Authorize(make(http.Header), r)
			if err != nil {
				t.Fatal(err)
			}
			tt.between(outer)
			for range 2 {
				inner, err := c.v.Authorize(make(http.Header), outer)
				wants(t, err, tt.want)
				if err != nil {
					break
				}
				outer = inner
			}
			if got := c.v.Stats().Hits == 0; got != tt.reused {
				t.Errorf("got the outer decision reused: %t, want %t", got, tt.reused)
			}
		})
	}
}

// If a token is not bound to a certificate, a nested route does not call the
// source.
func TestNestedRoutesOfOtherTokens(t *testing.T) {
	source := &presenter{thumbprint: own}
	c := newClient(t, withCertificates(source))
	outer, err := c.v.Authorize(make(http.Header), request(t, "Bearer "+c.Good()))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.v.Authorize(make(http.Header), outer)
	wants(t, err, nil)
	if source.calls != 0 {
		t.Errorf("got %d calls of the source, want none", source.calls)
	}
	// A middleware between the routes replaces the token with one that is bound
	// to a certificate.
	outer.Header.Set("Authorization", "Bearer "+c.bound(x5t(other)))
	_, err = c.v.Authorize(make(http.Header), outer)
	wants(t, err, middleware.ErrCertificate)
	outer.Header.Set("Authorization", "Bearer "+c.bound(x5t(own)))
	_, err = c.v.Authorize(make(http.Header), outer)
	wants(t, err, nil)
}

func TestExplainShowsCertificates(t *testing.T) {
	source := &presenter{thumbprint: own}
	both := newClient(t, func(c *middleware.Config) { c.ClientCert = source })
	without := newClient(t)
	only := newClient(t, withCertificates(source))
	bound := func(c *middleware.Config) { c.RequireBound = true }
	bothBound, onlyBound, keyBound := newClient(t, func(c *middleware.Config) { c.ClientCert = source }, bound), newClient(t, withCertificates(source), bound), newClient(t, bound)
	required := newClient(t, func(c *middleware.Config) { c.ClientCert, c.DPoP.Required = source, true })
	const plain = "a token that is not bound to a key"
	toCertificate := `a token that is bound to the certificate "` + own + `", with the scheme Bearer`
	for _, tt := range []struct {
		name, step      string
		c               *client
		cnf             string
		scheme          string
		presented       string
		expected, found string
		refused         bool
	}{
		{"the certificate", "certificate", only, x5t(own), "Bearer", own, `"` + own + `"`, `"` + own + `"`, false},
		{"another certificate", "certificate", only, x5t(own), "Bearer", other, `"` + own + `"`, `"` + other + `"`, true},
		{"no certificate", "certificate", only, x5t(own), "Bearer", "", `"` + own + `"`, "no certificate, or one that cannot be read", true},
		{"text that is not a thumbprint", "certificate", only, x5t(own), "Bearer", "\x00", `"` + own + `"`, `"\x00"`, true},
		{"a certificate", "confirmation", only, x5t(own), "Bearer", own, "a token that is bound to a certificate", toCertificate, false},
		{"a certificate, with DPoP", "confirmation", both, x5t(own), "Bearer", own, "a token that is bound to a certificate", toCertificate, false},
		{"a certificate without a source", "confirmation", without, x5t(own), "Bearer", own, "a token that is not bound to a certificate, since Config.ClientCert is nil", toCertificate, true},
		{"both", "confirmation", both, `{"jkt":"` + other + `","x5t#S256":"` + own + `"}`, "DPoP", own, "a token that is bound to a key", `a token that is bound to the key "` + other + `" and the certificate "` + own + `", with the scheme DPoP`, false},
		{"neither, where either is required", "confirmation", bothBound, "", "Bearer", own, "a token that is bound to a certificate, or to a key with the scheme DPoP", plain + ", with the scheme Bearer", true},
		{"neither, where a certificate is required", "confirmation", onlyBound, "", "Bearer", own, "a token that is bound to a certificate", plain + ", with the scheme Bearer", true},
		{"neither, where a key is required", "confirmation", keyBound, "", "Bearer", own, "a token that is bound to a key, with the scheme DPoP", plain + ", with the scheme Bearer", true},
		{"a certificate, where a key is required", "confirmation", required, x5t(own), "Bearer", own, "a token that is bound to a key, with the scheme DPoP", toCertificate, true},
		{"a malformed thumbprint", "confirmation", only, x5t("x"), "Bearer", own, "a cnf with only jkt and x5t#S256, each a SHA-256 hash in base64url without padding", "a token with a cnf that cannot be checked, with the scheme Bearer", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			source.calls = 0
			presented := middleware.Credentials{Token: tt.c.bound(tt.cnf), Scheme: tt.scheme, CertificateThumbprint: tt.presented}
			got := tt.c.explained(t, presented, tt.step)
			if got.Expected != tt.expected || got.Found != tt.found || (got.Outcome == middleware.Refused) != tt.refused {
				t.Errorf("got %s, expected %q and found %q, want %q and %q", got.Outcome, got.Expected, got.Found, tt.expected, tt.found)
			}
			if source.calls != 0 {
				t.Errorf("got %d calls of the source, want none", source.calls)
			}
		})
	}
	steps, _ := only.v.Explain(t.Context(), middleware.Credentials{Token: only.Good()})
	for _, step := range steps {
		if step.Name == "certificate" {
			t.Error("got the step certificate for a token that is not bound to a certificate, want no such step")
		}
	}
}

// panickingSource is a source that panics.
type panickingSource struct{}

func (panickingSource) Thumbprint(*http.Request) (string, error) { panic("SECRETCANARY") }

// Errors and panics of other modules may contain secrets, so their text must
// not be printed.
func TestErrorsOfAClientCertAreNotPrinted(t *testing.T) {
	foreign := errors.New("SECRETCANARY")
	for name, tt := range map[string]struct {
		source clientcert.Source
		want   []error
		status int
		detail string
	}{
		"a foreign error":            {&presenter{err: foreign}, []error{middleware.ErrCertificate, foreign}, 401, "token is bound to a certificate that the client did not present"},
		"a foreign error that wraps": {&presenter{err: fmt.Errorf("SECRETCANARY: %w", clientcert.ErrUntrusted)}, []error{middleware.ErrCertificate, clientcert.ErrUntrusted}, 401, ""},
		"an error of clientcert":     {&presenter{err: clientcert.ErrUntrusted}, []error{middleware.ErrCertificate, clientcert.ErrUntrusted}, 401, "not a trusted proxy"},
		"a panic":                    {panickingSource{}, []error{middleware.ErrInternal}, 500, "panic while checking a token"},
	} {
		t.Run(name, func(t *testing.T) {
			var logged bytes.Buffer
			c := newClient(t, withCertificates(tt.source), func(c *middleware.Config) {
				c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			c.token = c.bound(x5t(own))
			h, err := c.authorize(t, "Bearer")
			for _, want := range tt.want {
				wants(t, err, want)
			}
			refusal := middleware.Refusal(err)
			if got := refusal.StatusCode(); got != tt.status {
				t.Errorf("got the status %d, want %d", got, tt.status)
			}
			if !strings.Contains(logged.String(), tt.detail) {
				t.Errorf("got the log %s, want %q in it", &logged, tt.detail)
			}
			for _, text := range []string{logged.String(), fmt.Sprintf("%v %+v", err, refusal), fmt.Sprint(h), bodyOf(refusal)} {
				if strings.Contains(text, "CANARY") || strings.Contains(text, own) {
					t.Errorf("got %s, which quotes the source or the token", text)
				}
			}
		})
	}
}

// A certificate from an untrusted peer is logged once, because the operator may
// have forgotten a proxy. Requests that need no certificate are not logged.
func TestTheWarningOfAnUntrustedPeer(t *testing.T) {
	var logged bytes.Buffer
	c := newClient(t, withTokenCache, withCertificates(clientcert.Envoy(proxies)), func(c *middleware.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelInfo}))
	})
	send := func(token, peer string, want error) {
		t.Helper()
		r := request(t, "Bearer "+token)
		forward(r, peer, "own")
		_, err := c.v.Authorize(make(http.Header), r)
		wants(t, err, want)
	}
	send(c.Good(), "203.0.113.1", nil)
	send(c.bound(x5t("x")), "203.0.113.1", middleware.ErrConfirmation)
	send(c.bound(x5t(own)), "192.0.2.1", nil)
	send(c.bound(x5t(other)), "192.0.2.1", middleware.ErrCertificate)
	if logged.Len() > 0 {
		t.Errorf("got the log %s before an untrusted peer, want none", &logged)
	}
	for range 3 {
		send(c.bound(x5t(own)), "203.0.113.1", clientcert.ErrUntrusted)
	}
	const text = "refused a token, because a peer that is not in Trusted or Sockets of ClientCert forwarded the certificate"
	if got := strings.Count(logged.String(), "\n"); got != 1 || !strings.Contains(logged.String(), text) || !strings.Contains(logged.String(), "level=WARN") || !strings.Contains(logged.String(), "peer=203.0.113.1:4711") {
		t.Errorf("got the log %s, want one warning with the peer", &logged)
	}
}

// panickingLogger is a log handler that panics.
type panickingLogger struct{ slog.Handler }

func (panickingLogger) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn
}
func (l panickingLogger) WithAttrs([]slog.Attr) slog.Handler      { return l }
func (panickingLogger) Handle(context.Context, slog.Record) error { panic("logger") }

func TestTheWarningMayPanic(t *testing.T) {
	c := newClient(t, withCertificates(&presenter{err: clientcert.ErrUntrusted}), func(c *middleware.Config) {
		c.Logger = slog.New(panickingLogger{slog.DiscardHandler})
	})
	c.token = c.bound(x5t(own))
	_, err := c.authorize(t, "Bearer")
	wants(t, err, middleware.ErrCertificate)
}

func TestMetadataOfCertificates(t *testing.T) {
	const member = `"tls_client_certificate_bound_access_tokens":true`
	for name, tt := range map[string]struct {
		source clientcert.Source
		want   bool
	}{
		"TLS": {clientcert.TLS, true}, "a proxy": {clientcert.Envoy(proxies), true}, "none": {nil, false},
	} {
		config := published("https://api.example.com")
		config.ClientCert = tt.source
		got := get(newVerifier(t, config), "/.well-known/oauth-protected-resource").Body.String()
		if strings.Contains(got, member) != tt.want || strings.Contains(got, "tls_client") != tt.want {
			t.Errorf("%s: got %s, want the member: %t", name, got, tt.want)
		}
	}
}

func TestFaultsOfClientCert(t *testing.T) {
	const needs = "bearerguard: RequireBound needs ClientCert or DPoP: without them, bound tokens are refused, too"
	for name, tt := range map[string]struct {
		change func(*middleware.Config)
		want   []string
	}{
		"TLS":                          {func(c *middleware.Config) { c.ClientCert = clientcert.TLS }, nil},
		"a source of another package":  {func(c *middleware.Config) { c.ClientCert = new(presenter) }, nil},
		"bound tokens of certificates": {func(c *middleware.Config) { c.ClientCert, c.RequireBound = clientcert.TLS, true }, nil},
		"bound tokens of keys":         {func(c *middleware.Config) { c.DPoP, c.RequireBound = new(dpop.Policy), true }, nil},
		"bound tokens of nothing":      {func(c *middleware.Config) { c.RequireBound = true }, []string{needs}},
		"nobody is trusted":            {func(c *middleware.Config) { c.ClientCert = clientcert.Envoy(nil) }, []string{"bearerguard: ClientCert: Trusted and Sockets are empty"}},
		"a pointer":                    {func(c *middleware.Config) { c.ClientCert = new(clientcert.Nginx("", proxies)) }, []string{`bearerguard: ClientCert: Header ""`}},
		"a nil pointer":                {func(c *middleware.Config) { c.ClientCert = (*clientcert.Forwarded)(nil) }, []string{"bearerguard: ClientCert is a nil *clientcert.Forwarded: leave ClientCert unset to refuse tokens that are bound to a certificate"}},
		"every fault at once": {
			func(c *middleware.Config) {
				c.ClientCert, c.Audience, c.Issuers = clientcert.Forwarded{Chain: true}, "", nil
			},
			[]string{"bearerguard: Issuers is empty", `bearerguard: ClientCert: Header ""`, "bearerguard: ClientCert: Trusted and Sockets are empty", "bearerguard: ClientCert: Chain can be used only with"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			config := published("https://api.example.com")
			tt.change(&config)
			_, err := middleware.NewVerifier(config)
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if len(got) != len(tt.want) {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("got %q, want %q", got[i], want)
				}
			}
		})
	}
}
