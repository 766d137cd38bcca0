package testserver

import "github.com/bearerguard/bearerguard/testserver/internal/mtls"

// Addr sets the listen address, such as 127.0.0.2:0 or [::1]:8080. Port 0 means
// a free port. Without the option, the server listens on a free port of
// 127.0.0.1. The issuer is at the listen address, unless [IssuerURL] is set.
//
// The host must be an IP address or localhost. localhost always means 127.0.0.1
// and is not looked up. An address that is not loopback needs [AllowRemote]. An
// address that means all addresses, such as 0.0.0.0, also needs [IssuerURL].
func Addr(hostport string) Option {
	return serverOption(func(c *config) {
		if hostport == "" {
			c.fail(`Addr(""): give a host and a port, or leave the option out`)
		}
		c.listen.Addr = hostport
	})
}

// MTLSAddr sets the address at which a server with [TLS] asks clients for a
// certificate: see [Server.MTLSEndpoint]. Without the option, the server uses a
// free port on the host of [Addr]. hostport must follow the rules of [Addr].
func MTLSAddr(hostport string) Option {
	return serverOption(func(c *config) {
		if hostport == "" {
			c.fail(`MTLSAddr(""): give a host and a port, or leave the option out`)
		}
		c.listen.MTLSAddr = hostport
	})
}

// ClientCA adds the root certificates of CAs that issue client certificates, in
// PEM. A client with the AuthMethod tls_client_auth can use a certificate from
// one of these CAs, or from the server's own CA: see
// [Server.ClientCertificate].
func ClientCA(pem []byte) Option {
	return serverOption(func(c *config) {
		certs, err := mtls.ParsePEM(pem)
		if err != nil {
			c.fail("ClientCA: %w", err)
		}
		c.ClientCAs = append(c.ClientCAs, certs...)
	})
}

// AllowRemote lets [Addr] and [MTLSAddr] listen on an address to which other
// machines can connect, as a server in a container must:
//
//	testserver.Start(ctx, testserver.Addr("0.0.0.0:8080"), testserver.AllowRemote(), testserver.IssuerURL("http://as:8080"))
//
// Any caller that can reach the server can get any token: the secret of the
// default client is public, and the debug page of [Interactive] does not
// require a secret. A production API must never trust this server.
func AllowRemote() Option { return serverOption(func(c *config) { c.listen.AllowRemote = true }) }
