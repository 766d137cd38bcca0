package testserver

// Addr listens on hostport instead of a free port of 127.0.0.1: on another port,
// 0 being a free one, or another loopback address, such as 127.0.0.2:0 or
// [::1]:8080. The issuer is that address, unless [IssuerURL] says otherwise.
//
// The host is an IP address or localhost, which is 127.0.0.1 whatever a resolver
// makes of it. An address beyond this machine needs [AllowRemote], and one that
// stands for all addresses, such as 0.0.0.0, IssuerURL too.
func Addr(hostport string) Option {
	return serverOption(func(c *config) {
		if hostport == "" {
			c.fail(`Addr(""): give a host and a port, or leave the option out`)
		}
		c.listen.Addr = hostport
	})
}

// AllowRemote lets [Addr] listen where other machines can come, as a server in a
// container must:
//
//	testserver.Start(ctx, testserver.Addr("0.0.0.0:8080"), testserver.AllowRemote(), testserver.IssuerURL("http://as:8080"))
//
// Whoever can reach the server gets any token of it: its default client has a
// published secret, and the debug page of [Interactive] asks nobody for one. No
// API that matters may trust it.
func AllowRemote() Option { return serverOption(func(c *config) { c.listen.AllowRemote = true }) }
