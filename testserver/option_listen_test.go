package testserver_test

import (
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestAddr(t *testing.T) {
	for name, tt := range map[string]struct{ addr, host, at string }{
		"the default, given explicitly": {"127.0.0.1:0", "127.0.0.1", "127.0.0.1"},
		"another loopback address":      {"127.0.0.2:0", "127.0.0.2", "127.0.0.2"},
		"a name that is 127.0.0.1":      {"localhost:0", "localhost", "127.0.0.1"},
		"an IPv4 address as an IPv6":    {"[::ffff:127.0.0.1]:0", "127.0.0.1", "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, opts := range [][]testserver.Option{{testserver.Addr(tt.addr)}, {testserver.Addr(tt.addr), testserver.TLS()}} {
				s := testserver.New(t, opts...)
				u, err := url.Parse(s.Issuer())
				if err != nil || u.Hostname() != tt.host {
					t.Fatalf("got the issuer %s, want the host %s", s.Issuer(), tt.host)
				}
				if doc := getJSON(t, s.Client(), s.Endpoint(testserver.EndpointDiscovery)); doc["issuer"] != s.Issuer() {
					t.Errorf("got the issuer %v by the client, want %s", doc["issuer"], s.Issuer())
				}
				c, err := net.Dial("tcp", net.JoinHostPort(tt.at, u.Port()))
				if err != nil {
					t.Fatalf("got no connection to %s: %v", tt.at, err)
				}
				c.Close()
			}
		})
	}
}

func TestAddrPortInUse(t *testing.T) {
	addr := program.Address(t)
	first := testserver.New(t, testserver.Addr(addr))
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb, testserver.Addr(addr)) }), `Addr("`+addr+`")`, "in use")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if got := testserver.New(t, testserver.Addr(addr)).Issuer(); got != first.Issuer() {
		t.Errorf("got the issuer %s, want %s", got, first.Issuer())
	}
}

func TestAddrWithAnIssuer(t *testing.T) {
	s := testserver.New(t, testserver.Addr("127.0.0.2:0"), testserver.IssuerURL("http://as.example:8080/tenant"))
	if doc := getJSON(t, s.Client(), s.Endpoint(testserver.EndpointDiscovery)); doc["issuer"] != "http://as.example:8080/tenant" {
		t.Errorf("got the issuer %v, want the issuer of IssuerURL", doc["issuer"])
	}
}

func TestAddrRefuses(t *testing.T) {
	const beyond, every = "add AllowRemote()", "add IssuerURL"
	issuer, remote := testserver.IssuerURL("http://as.example"), testserver.AllowRemote()
	for name, tt := range map[string]struct {
		opts []testserver.Option
		want []string
	}{
		"nothing":                                {[]testserver.Option{testserver.Addr("")}, []string{"leave the option out"}},
		"no port":                                {[]testserver.Option{testserver.Addr("127.0.0.1")}, []string{"a port number"}},
		"a port by name":                         {[]testserver.Option{testserver.Addr("127.0.0.1:http")}, []string{"a port number"}},
		"an invalid port":                        {[]testserver.Option{testserver.Addr("127.0.0.1:65536")}, []string{"a port number"}},
		"a negative port":                        {[]testserver.Option{testserver.Addr("127.0.0.1:-1")}, []string{"a port number"}},
		"a URL":                                  {[]testserver.Option{testserver.Addr("http://127.0.0.1:8080")}, []string{"a port number"}},
		"a name":                                 {[]testserver.Option{testserver.Addr("as.example:0")}, []string{"an IP address or localhost"}},
		"a name, remote":                         {[]testserver.Option{testserver.Addr("as.example:0"), remote}, []string{"an IP address or localhost"}},
		"a name that begins like localhost":      {[]testserver.Option{testserver.Addr("localhost.example:0")}, []string{"an IP address or localhost"}},
		"an address that is not loopback":        {[]testserver.Option{testserver.Addr("192.0.2.1:0")}, []string{`Addr("192.0.2.1:0")`, beyond}},
		"the same as an IPv6 address":            {[]testserver.Option{testserver.Addr("[::ffff:192.0.2.1]:0")}, []string{beyond}},
		"an IPv6 address":                        {[]testserver.Option{testserver.Addr("[2001:db8::1]:0")}, []string{beyond}},
		"all addresses":                          {[]testserver.Option{testserver.Addr("0.0.0.0:0")}, []string{beyond, every}},
		"all addresses, with an issuer":          {[]testserver.Option{testserver.Addr("0.0.0.0:0"), issuer}, []string{beyond}},
		"all addresses, remote":                  {[]testserver.Option{testserver.Addr("0.0.0.0:0"), remote}, []string{every}},
		"all IPv6 addresses, remote":             {[]testserver.Option{testserver.Addr("[::]:0"), remote}, []string{every}},
		"all addresses by an empty host, remote": {[]testserver.Option{testserver.Addr(":0"), remote}, []string{every}},
		"all addresses as IPv6, remote":          {[]testserver.Option{remote, testserver.Addr("[::ffff:0.0.0.0]:0")}, []string{every}},
		"a socket in memory":                     {[]testserver.Option{testserver.Addr("127.0.0.1:0"), testserver.InMemory()}, []string{"Addr(", "InMemory()"}},
		"a socket in memory, in other order":     {[]testserver.Option{testserver.InMemory(), testserver.Addr("127.0.0.1:0")}, []string{"Addr(", "InMemory()"}},
		// This address is reserved for documentation (RFC 5737). The option
		// accepts the address, but the operating system refuses it.
		"an address of another machine": {[]testserver.Option{testserver.Addr("192.0.2.1:0"), remote}, []string{`Addr("192.0.2.1:0"): listen tcp`}},
	} {
		t.Run(name, func(t *testing.T) {
			text := fatalText(t, func(tb *recorder) { testserver.New(tb, tt.opts...) })
			wantAll(t, text, tt.want...)
			if got := strings.Contains(text, every); got != (tt.want[len(tt.want)-1] == every) {
				t.Errorf("got %q, want %q in it only if an issuer is missing", text, every)
			}
		})
	}
	if _, err := testserver.NewUnstarted(issuer, testserver.Addr("127.0.0.1:0")); err == nil {
		t.Error("got no error from NewUnstarted with Addr, want one")
	} else {
		wantAll(t, err.Error(), "NewUnstarted", "leave out", "Addr")
	}
}
