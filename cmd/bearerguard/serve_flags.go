package main

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/cli"
	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/testserver"
)

const (
	anyPort    = "127.0.0.1:0"
	servePort  = "127.0.0.1:9000" // default address; if the port is in use, the next ports are tried
	portsTried = 10
)

// serverFlags holds the flags of the subcommands serve and exec that configure
// the server.
type serverFlags struct {
	nextPort                           bool // take the next free port unless --addr is given
	addr, issuer, config, state, audit string
	mtlsAddr, clientCA                 string
	like                               string
	clock, seed, control, readyFile    string
	tls, interactive                   bool
	strict, unregistered, allowRemote  bool
	registration, dpopNonces           bool
	cors                               []string
	browser, alias, controlTokenFile   string
}

func (f *serverFlags) add(cmd *cobra.Command, addr, about string) {
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "addr", addr, "where to listen; "+about)
	flags.StringVar(&f.issuer, "issuer", "", "issuer URL, if clients reach the server at an address other than --addr")
	flags.StringVar(&f.like, "like", "", "issue tokens, keys and metadata that look like those of a `provider`, such as keycloak")
	flags.BoolVar(&f.tls, "tls", false, "serve HTTPS; the ready line has the root certificate")
	flags.StringVar(&f.mtlsAddr, "mtls-addr", "", "with --tls, where to ask clients for a certificate; by default a free port of the host of --addr")
	flags.StringVar(&f.clientCA, "client-ca", "", "`file` with root certificates, in PEM, that are trusted for tls_client_auth")
	flags.StringVar(&f.config, "config", "", "take settings from a JSON `file`; flags override it")
	flags.StringVar(&f.state, "state", "", "keep clients, users, grants and keys in a `file`")
	flags.StringVar(&f.audit, "audit", "", "append each event to a `file`, as a line of JSON")
	flags.BoolVar(&f.interactive, "interactive", false, "show login and consent pages instead of approving everything")
	flags.BoolVar(&f.strict, "strict", false, "serve only registered clients; this is the default")
	flags.BoolVar(&f.unregistered, "allow-unregistered", false, "let an unknown client register itself by its first authorization request")
	flags.BoolVar(&f.registration, "registration", false, "let clients register themselves at /register (RFC 7591, RFC 7592)")
	flags.BoolVar(&f.dpopNonces, "dpop-nonces", false, "ask for nonces in DPoP proofs (RFC 9449)")
	flags.StringArrayVar(&f.cors, "cors", nil, "`origin` whose pages may call the server from scripts, or * for all; pages on loopback always may; may be repeated")
	flags.StringVar(&f.clock, "clock", "", "`time` at which the server's clock starts, such as 2026-01-01T00:00:00Z")
	flags.StringVar(&f.seed, "seed", "", "`text` from which keys and identifiers are derived, so that they are the same in every run")
	flags.StringVar(&f.browser, "browser-url", "", "scheme and host at which browsers reach the server, such as http://localhost:9000, if not those of the issuer")
	flags.StringVar(&f.alias, "alias", "", "scheme and host at which clients and APIs reach the server, such as http://auth:9000, if not those of the issuer")
	flags.StringVar(&f.control, "control", anyPort, "where the control API listens, on loopback unless --allow-remote is given; off turns it off")
	flags.StringVar(&f.controlTokenFile, "control-token-file", "", "`file` with the token of the control API, which is then not printed (default a random token)")
	flags.StringVar(&f.readyFile, "ready-file", "", "also write the ready line to a `file`, which is removed when the server stops")
	flags.BoolVar(&f.allowRemote, "allow-remote", false, "allow other machines to reach --addr, --mtls-addr and --control")
	cli.Exclusive(cmd, "strict", "allow-unregistered")
	for _, name := range []string{"addr", "mtls-addr", "issuer", "browser-url", "alias", "cors", "clock", "seed", "control"} {
		noFiles(cmd, name)
	}
	cli.Choices(cmd, "like", shapes.Names())
}

// options converts the flags to server options. The options of the
// configuration file come first, so that flags override them. The caller must
// close the audit log.
func (f *serverFlags) options(cmd *cobra.Command) (opts []testserver.Option, audit *os.File, err error) {
	if err := f.check(cmd); err != nil {
		return nil, nil, err
	}
	if f.config != "" {
		text, err := readFile("--config", f.config)
		if err != nil {
			return nil, nil, err
		}
		opts = append(opts, testserver.ConfigJSON(bytes.NewReader(text)))
	}
	changed := cmd.Flags().Changed
	if f.addr != anyPort && !f.choosesPort(cmd) {
		opts = append(opts, testserver.Addr(f.addr))
	}
	if f.allowRemote {
		opts = append(opts, testserver.AllowRemote())
	}
	if changed("issuer") {
		opts = append(opts, testserver.IssuerURL(f.issuer))
	}
	if changed("like") {
		opts = append(opts, testserver.Like(f.like))
	}
	if f.tls {
		opts = append(opts, testserver.TLS())
	}
	if f.mtlsAddr != "" {
		opts = append(opts, testserver.MTLSAddr(f.mtlsAddr))
	}
	if f.clientCA != "" {
		text, err := readFile("--client-ca", f.clientCA)
		if err != nil {
			return nil, nil, err
		}
		opts = append(opts, testserver.ClientCA(text))
	}
	if changed("interactive") {
		opts = append(opts, testserver.ConfigJSON(strings.NewReader(fmt.Sprintf(`{"interactive":%t}`, f.interactive))))
	}
	if f.registration {
		opts = append(opts, testserver.Registration())
	}
	if f.dpopNonces {
		opts = append(opts, testserver.DPoPNonces())
	}
	if f.browser != "" || f.alias != "" {
		opts = append(opts, testserver.Hosts(f.browser, f.alias))
	}
	if len(f.cors) > 0 {
		opts = append(opts, testserver.CORS(f.cors...))
	}
	if f.unregistered {
		opts = append(opts, testserver.AllowUnregistered())
	}
	if changed("seed") {
		opts = append(opts, testserver.Seed(f.seed))
	}
	if changed("clock") {
		start, err := time.Parse(time.RFC3339Nano, f.clock)
		if err != nil {
			return nil, nil, usage("--clock %q: give a time such as 2026-01-01T00:00:00Z", f.clock)
		}
		began := time.Now()
		opts = append(opts, testserver.Clock(func() time.Time { return start.Add(time.Since(began)) }))
	}
	if f.state != "" {
		opts = append(opts, testserver.Persist(f.state))
	}
	if f.audit != "" {
		audit, err = os.OpenFile(f.audit, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, nil, usage("--audit: %w", err)
		}
		opts = append(opts, testserver.AuditTo(audit))
	}
	return opts, audit, nil
}

// choosesPort reports whether the server may use another port if the default
// port is in use.
func (f *serverFlags) choosesPort(cmd *cobra.Command) bool {
	return f.nextPort && !cmd.Flags().Changed("addr")
}

func (f *serverFlags) check(cmd *cobra.Command) error {
	// --tls=false cannot override a configuration file that turns TLS on. The
	// flag has no other use, so it is refused.
	if cmd.Flags().Changed("tls") && !f.tls {
		return usage("--tls=false: leave out the flag, because HTTP is the default. If the configuration file has tls, remove tls from the file")
	}
	if err := f.checkIssuer(cmd); err != nil {
		return err
	}
	for _, origin := range f.cors {
		if origin != "*" && !isOrigin(origin) {
			return usage("--cors %s: give an origin such as https://app.example.com, or * for all", origin)
		}
	}
	for _, one := range [][2]string{{"--browser-url", f.browser}, {"--alias", f.alias}} {
		if one[1] != "" && !isOrigin(one[1]) {
			return usage("%s %s: give a scheme and a host, such as http://localhost:9000, without a path", one[0], one[1])
		}
	}
	local, err := isLoopback("--addr", f.addr)
	if err == nil && !local && !f.allowRemote {
		err = usage("--addr %s: other machines could reach the server, but no other machine should trust its tokens. Give an address such as %s, or add --allow-remote", f.addr, anyPort)
	}
	if host, _, _ := net.SplitHostPort(f.addr); err == nil && f.issuer == "" && f.config == "" && (host == "" || net.ParseIP(host).IsUnspecified()) {
		err = usage("--addr %s: the server would listen on all addresses, but clients need a specific address: add --issuer, such as --issuer http://auth:9000", f.addr)
	}
	if err == nil && f.mtlsAddr != "" {
		local, err = isLoopback("--mtls-addr", f.mtlsAddr)
		switch {
		case err != nil:
		case !f.tls && f.config == "":
			err = usage("--mtls-addr requires --tls: add it, or leave out --mtls-addr")
		case !local && !f.allowRemote:
			err = usage("--mtls-addr %s: other machines could reach the server: give an address such as %s, or add --allow-remote", f.mtlsAddr, anyPort)
		}
	}
	if err != nil || f.control == controlOff {
		return err
	}
	if local, err = isLoopback("--control", f.control); err != nil || local {
		return err
	}
	given, err := f.controlToken()
	switch {
	case err != nil:
		return err
	case !f.allowRemote:
		return usage("--control %s: other machines could reach the control API: give an address such as %s, or add --allow-remote and --control-token-file", f.control, anyPort)
	case given == "":
		return usage("--control %s: other machines can reach the control API, so you must choose its token: give --control-token-file", f.control)
	}
	return nil
}

// checkIssuer returns an error if --issuer is invalid (RFC 8414 §2).
func (f *serverFlags) checkIssuer(cmd *cobra.Command) error {
	if !cmd.Flags().Changed("issuer") {
		return nil
	}
	u, err := url.Parse(f.issuer)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(f.issuer, "#") {
		return usage("--issuer %s: want an absolute http or https URL that has no user information, query or fragment, such as https://login.example.com/tenant", f.issuer)
	}
	if f.tls && u.Scheme != "https" {
		return usage("--issuer %s: with --tls, the issuer must begin with https://. Change --issuer, or leave out --tls", f.issuer)
	}
	return nil
}

// controlToken returns the token that the user chose for the control API, or ""
// for a random token.
func (f *serverFlags) controlToken() (string, error) {
	if f.controlTokenFile == "" {
		return "", nil
	}
	text, err := readFile("--control-token-file", f.controlTokenFile)
	token := strings.TrimSpace(string(text))
	if err == nil && token == "" {
		err = usage("--control-token-file %s: the file is empty: write a random token to it", f.controlTokenFile)
	}
	return token, err
}

func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && text == u.Scheme+"://"+u.Host
}

// isLoopback reports whether only this machine can reach the address in addr.
// This address is the value of the given flag.
func isLoopback(flag, addr string) (bool, error) {
	host, port, err := net.SplitHostPort(addr)
	if _, wrong := strconv.ParseUint(port, 10, 16); err == nil && wrong != nil {
		err = wrong
	}
	if err != nil {
		example := anyPort
		if _, err := strconv.ParseUint(addr, 10, 16); err == nil {
			example = "127.0.0.1:" + addr
		}
		return false, usage("%s %s: give a host and a port, such as %s", flag, addr, example)
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback(), nil
}
