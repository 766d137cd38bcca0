package testserver_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/testserver"
)

var listeners = map[string][]testserver.Option{
	"plain":           nil,
	"TLS":             {testserver.TLS()},
	"in memory":       {testserver.InMemory()},
	"TLS in memory":   {testserver.InMemory(), testserver.TLS()},
	"plain, named":    {testserver.IssuerURL("http://login.example.com/tenant")},
	"TLS, named":      {testserver.TLS(), testserver.IssuerURL("https://login.example.com:8443/tenant")},
	"in memory named": {testserver.InMemory(), testserver.IssuerURL("http://login.example.com")},
}

func TestClientReachesEveryListener(t *testing.T) {
	for name, opts := range listeners {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, opts...)
			doc := getJSON(t, s.Client(), s.Endpoint(testserver.EndpointDiscovery))
			if doc["issuer"] != s.Issuer() {
				t.Errorf("got issuer %v, want %s", doc["issuer"], s.Issuer())
			}
			_, body := get(t, s.Client(), doc["jwks_uri"].(string))
			if string(body) != string(s.JWKS()) {
				t.Errorf("got JWKS %s, want %s", body, s.JWKS())
			}
		})
	}
}

func TestCloseLeaksNoGoroutines(t *testing.T) {
	for name, opts := range listeners {
		t.Run(name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			s, err := testserver.Start(t.Context(), opts...)
			if err != nil {
				t.Fatal(err)
			}
			get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS)) // leaves an idle connection
			unread, err := s.Client().Get(s.Endpoint(testserver.EndpointJWKS))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			_ = unread.Body.Close()
			if err := s.Close(); err != nil {
				t.Errorf("second Close: %v", err)
			}
			if _, err := s.Client().Get(s.Endpoint(testserver.EndpointJWKS)); err == nil {
				t.Error("got a response after Close, want an error")
			}
			goleak.VerifyNone(t, before)
		})
	}
}

func TestCloseClosesIncompleteRequests(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{"plain": nil, "TLS": {testserver.TLS()}} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, opts...)
			c := dialTCP(t, s)
			if _, err := io.WriteString(c, "GET /jw"); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			if _, err := io.Copy(io.Discard, c); err != nil && !strings.Contains(err.Error(), "reset") {
				t.Errorf("got %v, want EOF", err)
			}
		})
	}
}

func TestNewClosesInCleanup(t *testing.T) {
	tb := &recorder{TB: t}
	s := testserver.New(tb)
	get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
	tb.finish()
	if _, err := s.Client().Get(s.Endpoint(testserver.EndpointJWKS)); err == nil {
		t.Error("got a response after the cleanup, want an error")
	}
	if len(tb.errors) > 0 {
		t.Errorf("got errors %q, want none", tb.errors)
	}
}

func TestStartClosesWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := testserver.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c := dialTCP(t, s)
	cancel()
	if _, err := bufio.NewReader(c).ReadByte(); err == nil {
		t.Error("got a byte, want EOF")
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close after the context: %v", err)
	}
	if _, err := testserver.Start(ctx); err == nil {
		t.Error("got a server for a context that has ended, want an error")
	}
}

// Close also closes the idle connections that Server.Client has to other
// servers.
func TestCloseClosesOtherIdleConnections(t *testing.T) {
	api := httptest.NewServer(http.NotFoundHandler())
	defer api.Close()
	before := goleak.IgnoreCurrent()
	s, err := testserver.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	get(t, s.Client(), api.URL)
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	goleak.VerifyNone(t, before)
}

func TestUnstartedServerCanBeMounted(t *testing.T) {
	host := httptest.NewUnstartedServer(nil)
	s, err := testserver.NewUnstarted(testserver.IssuerURL("http://" + host.Listener.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	host.Config.Handler = s
	host.Start()
	defer host.Close()
	if doc := getJSON(t, s.Client(), s.Endpoint(testserver.EndpointASMetadata)); doc["issuer"] != host.URL {
		t.Errorf("got issuer %v, want %s", doc["issuer"], host.URL)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestUnstartedServerIsAHandler(t *testing.T) {
	s, err := testserver.NewUnstarted(testserver.IssuerURL("https://login.example.com/tenant"))
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, httptest.NewRequest("GET", "/tenant/jwks", nil))
	if rec.Code != http.StatusOK || rec.Body.String() != string(s.JWKS()) {
		t.Errorf("got %d %s, want 200 and the JWKS", rec.Code, rec.Body)
	}
	_, claims := verified(t, s, s.Token())
	if claims["iss"] != "https://login.example.com/tenant" {
		t.Errorf("got iss %v, want the issuer", claims["iss"])
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestListensOnlyOnLoopback(t *testing.T) {
	for _, opts := range [][]testserver.Option{nil, {testserver.TLS()}, {testserver.InMemory()}} {
		u, err := url.Parse(testserver.New(t, opts...).Issuer())
		if err != nil {
			t.Fatal(err)
		}
		if ip, err := netip.ParseAddr(u.Hostname()); err != nil || !ip.IsLoopback() {
			t.Errorf("got issuer host %s, want a loopback address", u.Hostname())
		}
	}
}

func TestInMemoryServersHaveDifferentIssuers(t *testing.T) {
	a, b := testserver.New(t, testserver.InMemory()), testserver.New(t, testserver.InMemory())
	if a.Issuer() == b.Issuer() {
		t.Fatalf("got the issuer %s twice, want different ones", a.Issuer())
	}
	resp, err := a.Client().Get(b.Endpoint(testserver.EndpointJWKS))
	if err == nil {
		resp.Body.Close()
		t.Fatal("got a response from another server's address, want an error")
	}
	wantAll(t, err.Error(), "in-memory")
}

func TestTLS(t *testing.T) {
	for _, opts := range [][]testserver.Option{{testserver.TLS()}, {testserver.TLS(), testserver.InMemory()}} {
		s := testserver.New(t, opts...)
		resp, _ := get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
		if resp.TLS == nil || resp.ProtoMajor != 2 {
			t.Errorf("got %s, TLS %v: want HTTP/2 over TLS", resp.Proto, resp.TLS != nil)
		}
		if !strings.HasPrefix(s.Issuer(), "https://") {
			t.Errorf("got issuer %s, want https", s.Issuer())
		}
	}
}

func TestTLSIsTrustedThroughCACertPEM(t *testing.T) {
	s := testserver.New(t, testserver.TLS())
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(s.CACertPEM()) {
		t.Fatalf("got no certificate in %q", s.CACertPEM())
	}
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.Issuer(), "https://"))
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, NextProtos: []string{"http/1.1"}}}
		c := &http.Client{Transport: tr}
		resp, _ := get(t, c, fmt.Sprintf("https://%s:%s/jwks", host, port))
		if resp.StatusCode != http.StatusOK || resp.ProtoMajor != 1 {
			t.Errorf("%s: got %s %s, want 200 over HTTP/1.1", host, resp.Proto, resp.Status)
		}
		tr.CloseIdleConnections()
	}
	if _, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(s.Issuer() + "/jwks"); err == nil {
		t.Error("got a response without trusting the root, want an error")
	}
	if text := testserver.New(t).CACertPEM(); text != nil {
		t.Errorf("got a root certificate %q without TLS, want nil", text)
	}
}

func TestCertificatesNameTheirRoot(t *testing.T) {
	s := testserver.New(t, testserver.TLS())
	resp, _ := get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
	block, _ := pem.Decode(s.CACertPEM())
	root, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.TLS.PeerCertificates[0].AuthorityKeyId; len(got) == 0 || !bytes.Equal(got, root.SubjectKeyId) {
		t.Errorf("got the authority key ID %x, want the key ID of the root, %x (RFC 5280 §4.2.1.1)", got, root.SubjectKeyId)
	}
}

func TestSetupReportsAllErrors(t *testing.T) {
	text := fatalText(t, func(tb *recorder) {
		testserver.New(tb, nil,
			testserver.IssuerURL("login.example.com"),
			testserver.Clock(nil),
			testserver.Seed(""),
			testserver.Metadata(nil),
			testserver.SigningAlg("none"),
			testserver.Audience(),
			testserver.AccessTTL(-time.Minute),
			testserver.Scope("a b"),
		)
	})
	wantAll(t, text, "option 1 is nil", `IssuerURL("login.example.com")`, "Clock(nil)", `Seed("")`, "Metadata(nil)",
		`algorithm "none"`, "Audience()", "AccessTTL(-1m0s)", `"a b" is not a scope (RFC 6749 §3.3): pass each scope separately: "a", "b"`)
}

func TestSetupRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		opts []testserver.Option
		want string
	}{
		"an issuer with a query":               {[]testserver.Option{testserver.IssuerURL("https://a.example/?x=1")}, "query"},
		"an issuer with an empty query":        {[]testserver.Option{testserver.IssuerURL("https://a.example/?")}, "query"},
		"an issuer with a fragment":            {[]testserver.Option{testserver.IssuerURL("https://a.example/#")}, "fragment"},
		"an issuer with a user":                {[]testserver.Option{testserver.IssuerURL("https://me@a.example/")}, "user"},
		"an issuer of another scheme":          {[]testserver.Option{testserver.IssuerURL("ftp://a.example/")}, "absolute URL"},
		"an https issuer in memory, plain":     {[]testserver.Option{testserver.InMemory(), testserver.IssuerURL("https://a.example")}, "add TLS()"},
		"a plain issuer on TLS":                {[]testserver.Option{testserver.TLS(), testserver.IssuerURL("http://a.example")}, "not https"},
		"metadata that is not JSON":            {[]testserver.Option{testserver.Metadata(func(m map[string]any) { m["x"] = func() {} })}, "cannot be encoded as JSON"},
		"metadata that is not JSON, in memory": {[]testserver.Option{testserver.InMemory(), testserver.Metadata(func(m map[string]any) { m["x"] = func() {} })}, "cannot be encoded as JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb, tt.opts...) }), tt.want)
			_, err := testserver.Start(t.Context(), tt.opts...)
			if err == nil {
				t.Fatal("Start: got no error, want one")
			}
			wantAll(t, err.Error(), "testserver.Start", tt.want)
		})
	}
	for name, opts := range map[string][]testserver.Option{
		"add IssuerURL":                  nil,
		"has no listener":                {testserver.InMemory(), testserver.IssuerURL("http://a.example")},
		"has no listener: leave out TLS": {testserver.TLS(), testserver.IssuerURL("https://a.example")},
		"cannot be encoded as JSON":      {testserver.IssuerURL("https://a.example"), testserver.Metadata(func(m map[string]any) { m["x"] = func() {} })},
	} {
		_, err := testserver.NewUnstarted(opts...)
		if err == nil {
			t.Errorf("NewUnstarted, %s: got no error, want one", name)
			continue
		}
		wantAll(t, err.Error(), "testserver.NewUnstarted", name)
	}
}

func TestImports(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/bearerguard/bearerguard/"
	for dep := range strings.Lines(string(out)) {
		dep = strings.TrimSpace(dep)
		switch {
		case dep == "testing":
			t.Error("got package testing among the dependencies: it must not be linked into programs")
		case dep == module+"internal/challenge": // the API checks use it; a test in proof/house makes sure that the verifier does not
		case dep == module+"internal/control", dep == module+"internal/catalogue", dep == module+"internal/shapes": // data without verification code
		case strings.HasPrefix(dep, module) && !strings.HasPrefix(dep, module+"testserver"):
			t.Errorf("got %s among the dependencies: the server must not share code with the verifier", dep)
		case strings.HasPrefix(dep, module), strings.HasPrefix(dep, "github.com/go-jose/go-jose/v4"):
		case strings.Contains(strings.Split(dep, "/")[0], "."):
			t.Errorf("got %s among the dependencies, want only the standard library and go-jose", dep)
		}
	}
}
