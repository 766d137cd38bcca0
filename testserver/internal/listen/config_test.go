package listen_test

import (
	"net"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/listen"
)

func TestAConfigurationIsRefused(t *testing.T) {
	const public = "http://as.example"
	for name, tt := range map[string]struct {
		config listen.Config
		want   string // substrings of the errors, separated by " add "
	}{
		"without a port":                     {listen.Config{Addr: "127.0.0.1"}, "want a host and a port number"},
		"with a port by name":                {listen.Config{Addr: "127.0.0.1:http"}, "want a host and a port number"},
		"with a port beyond the last":        {listen.Config{Addr: "127.0.0.1:65536"}, "want a host and a port number"},
		"with a URL for an address":          {listen.Config{Addr: "http://127.0.0.1:80"}, "want a host and a port number"},
		"with a socket in memory":            {listen.Config{Addr: "127.0.0.1:0", InMemory: true}, "InMemory()"},
		"with a name":                        {listen.Config{Addr: "as.example:0", AllowRemote: true}, "give an IP address or localhost"},
		"with a name that ends in localhost": {listen.Config{Addr: "as.localhost:0"}, "give an IP address or localhost"},
		"beyond loopback":                    {listen.Config{Addr: "192.0.2.1:0"}, "add AllowRemote()"},
		"beyond loopback, in IPv6":           {listen.Config{Addr: "[::ffff:192.0.2.1]:0"}, "add AllowRemote()"},
		"at every address":                   {listen.Config{Addr: "0.0.0.0:0", URL: public}, "add AllowRemote()"},
		"at every address, without a URL":    {listen.Config{Addr: ":0", AllowRemote: true}, "add IssuerURL"},
		"for two reasons":                    {listen.Config{Addr: "[::]:0"}, "add AllowRemote() add IssuerURL"},
		"with https and no TLS in memory":    {listen.Config{URL: "https://as.example", InMemory: true}, "add TLS()"},
		"with TLS and no https":              {listen.Config{URL: public, TLS: true}, "IssuerURL is not https"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := listen.Open(tt.config)
			if err == nil {
				_ = l.Close()
				t.Fatalf("got a listener for %+v, want an error", tt.config)
			}
			for part := range strings.SplitSeq(tt.want, " add ") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %q, want it to say %q", err, part)
				}
			}
			if lines := strings.Count(err.Error(), "\n"); lines != strings.Count(tt.want, " add ") {
				t.Errorf("got %q, want %q and nothing else", err, tt.want)
			}
		})
	}
}

func TestAConfigurationIsTaken(t *testing.T) {
	for name, c := range map[string]listen.Config{
		"for every address, when clients have a URL":   {Addr: "0.0.0.0:8080", AllowRemote: true, URL: "http://as.example"},
		"for another loopback address":                 {Addr: "127.0.0.2:0"},
		"for IPv6":                                     {Addr: "[::1]:65535"},
		"with https in front of a socket without TLS":  {URL: "https://as.example"},
		"with https, TLS and no socket":                {URL: "https://as.example", TLS: true, InMemory: true},
		"with leave to go where it does not want to":   {AllowRemote: true},
		"for a network address that it is allowed for": {Addr: "192.0.2.1:80", AllowRemote: true},
	} {
		if err := c.Check(); err != nil {
			t.Errorf("%s: got %v, want no error", name, err)
		}
	}
}

func TestAnAddressInUseIsNamed(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	addr := taken.Addr().String()
	l, err := listen.Open(listen.Config{Addr: addr})
	if err == nil {
		_ = l.Close()
		t.Fatal("got a second listener at one address, want an error")
	}
	if !strings.HasPrefix(err.Error(), `Addr("`+addr+`"): listen tcp`) {
		t.Errorf("got %q, want the address and the system's reason", err)
	}
}
