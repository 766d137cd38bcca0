package cases

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/middleware"
)

// forwarder is a kind of proxy that forwards client certificates in a header
// field.
type forwarder struct {
	clientcert.Forwarded
	value func(*x509.Certificate) string // the value of the field
}

// These are the address ranges of trusted proxies. The tests send their
// requests from loopback.
var (
	loopback  = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	elsewhere = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}
)

var forwarders = []forwarder{
	{clientcert.Nginx("X-Client-Cert", loopback), escapedOf},
	{clientcert.Nginx("Ssl-Client-Cert", loopback), escapedOf},
	{clientcert.Envoy(loopback), func(c *x509.Certificate) string {
		sum := sha256.Sum256(c.Raw)
		return `Hash=` + hex.EncodeToString(sum[:])
	}},
	{clientcert.Forwarded{Header: "Client-Cert", Format: clientcert.RFC9440, Trusted: loopback}, func(c *x509.Certificate) string { return ":" + base64Of(c) + ":" }},
	{clientcert.ALB(loopback), func(c *x509.Certificate) string {
		return strings.NewReplacer("%2B", "+", "%2F", "/", "%3D", "=").Replace(escapedOf(c))
	}},
	{clientcert.Traefik(loopback), base64Of},
	{clientcert.HAProxy("X-Ssl-Client-Der", loopback), base64Of},
}

func pemOf(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

func escapedOf(c *x509.Certificate) string { return url.PathEscape(pemOf(c)) }

func base64Of(c *x509.Certificate) string { return base64.StdEncoding.EncodeToString(c.Raw) }

// forwardedCertificatesNeedATrustedPeer sends the header fields of each kind of
// proxy to an API that trusts the address of the peer, and to an API that
// trusts only other addresses.
func forwardedCertificatesNeedATrustedPeer(t *testing.T, frameworks []Framework) {
	for _, f := range forwarders {
		l := newProofLab(t, frameworks, certificatesOn, func(c *middleware.Config) { c.ClientCert = f.Forwarded })
		groups := l.forwarded(f)
		for _, g := range groups {
			l.run(t, g)
		}
		malformed := l.malformedFields(f)
		l.run(t, malformed, http.MethodGet)
		groups = append(groups, malformed)
		l.checkProofLog(t, groups)

		trusted := f.Forwarded
		trusted.Trusted = elsewhere
		l = newProofLab(t, frameworks, certificatesOn, func(c *middleware.Config) { c.ClientCert = trusted })
		g := l.forwardedByOthers(f)
		l.run(t, g)
		l.checkProofLog(t, []group{g})
		if got := strings.Count(l.log.String(), "refused a token, because a peer that is not in Trusted"); got != 1 {
			t.Errorf("M03: %s: got %d warnings about an untrusted peer, want 1", f.Header, got)
		}
	}
}

// sending returns a request with a token that is bound to the client's
// certificate. The request contains the proxy's header field once for each
// value.
func (l *proofLab) sending(f forwarder, values ...string) request {
	r := at("/read", l.certified())
	for _, value := range values {
		r = r.with(f.Header, value)
	}
	return r
}

// malformedFields returns test cases with certificate fields that the API must
// ignore, although it trusts the peer. If f.Chain is set, the API must accept a
// list of certificates, and use the first one.
func (l *proofLab) malformedFields(f forwarder) group {
	own, other := f.value(l.certificates.own.Leaf), f.value(l.certificates.other.Leaf)
	g := group{"M03", "a field that cannot be read, or has two meanings, is not a certificate", nil}
	for name, values := range map[string][]string{
		"twice": {own, own}, "before that of another client": {own, other}, "after that of another client": {other, own}, "before an empty field": {own, ""}, "after an empty field": {"", own},
		"after a comma and another certificate": {other + "," + own}, "half of it": {own[:len(own)/2]}, "without its first byte": {own[1:]}, "twice without a separator": {own + own},
		"after a comma": {"," + own}, "only a word": {canary}, "after a quote": {`"` + own}, "only a comma": {","}, "only colons": {"::"}, "a wrong escape": {"%zz" + own},
		"a thumbprint": {clientcert.Thumbprint(l.certificates.own.Leaf)}, "bytes that are not ASCII": {own + "\xff"}, "before 20 KiB": {own + strings.Repeat("A", 20<<10)}, "empty": {""},
	} {
		g.rows = append(g.rows, on(f.Header+" "+name, l.sending(f, values...), l.badBearer(wrongCertificate)))
	}
	first := l.badBearer(wrongCertificate)
	if f.Chain {
		first = alice("/read")
	}
	g.rows = append(g.rows,
		on(f.Header+" before a comma and another certificate", l.sending(f, own+","+other), first),
		on(f.Header+" in two spellings", l.sending(f, own).with(strings.ToLower(f.Header), own), l.badBearer(wrongCertificate)),
		on(f.Header+" malformed, with an unbound token", at("/read", "Bearer "+l.Good()).with(f.Header, canary), alice("/read")),
		on(f.Header+" malformed where tokens are optional", at("/optional", l.certified()).with(f.Header, canary), l.badBearer(wrongCertificate)),
	)
	slices.SortFunc(g.rows, func(a, b row) int { return strings.Compare(a.name, b.name) })
	return g
}

// forwarded returns rows for an API that trusts the peer.
func (l *proofLab) forwarded(f forwarder) []group {
	c, refused := l.certificates, l.badBearer(wrongCertificate)
	own, other := f.value(c.own.Leaf), f.value(c.other.Leaf)
	missing := l.sending(f)
	others := missing
	for _, another := range forwarders {
		if another.Header != f.Header {
			others = others.with(another.Header, another.value(c.own.Leaf))
		}
	}
	groups := []group{{"M01", "without the field, the client has no certificate", []row{
		on("missing", missing, refused), on("missing, and the peer's own certificate is the right one", missing.by(c.own), refused),
		on("missing, with an unbound token", at("/read", "Bearer "+l.Good()), alice("/read")),
		on("in a trailer", missing.withBody("x").withTrailer(f.Header, own), refused), on("in the query", at("/read?"+f.Header+"="+url.QueryEscape(own), l.certified()), refused),
	}}, {"M02", "the field names the certificate", []row{
		on("of the client", l.sending(f, own), alice("/read")), on("of the client with spaces around it", l.sending(f, " \t"+own+" "), alice("/read")),
		on("of the client, in lower case", missing.with(strings.ToLower(f.Header), own), alice("/read")),
		on("of the client over the connection of another one", l.sending(f, own).by(c.other), alice("/read")),
		on("of the client in a group", at("/nested/route", l.certified("scope", `"read write"`)).with(f.Header, own), alice("/nested/route")),
		on("of the client where tokens are optional", at("/optional", l.certified()).with(f.Header, own), alice("/optional")),
		on("of another client", l.sending(f, other), refused), on("of another client over the connection of the client", l.sending(f, other).by(c.own), refused),
		on("of the issuer", l.sending(f, f.value(c.issuer)), refused), on("reissued for the same key", l.sending(f, f.value(c.reissued.Leaf)), refused),
	}}, {"M03", "only one field is read", []row{
		on("missing, and all others", others, refused), on("of another client, and all others", others.with(f.Header, other), refused),
		on("with underscores", missing.with(strings.ReplaceAll(f.Header, "-", "_"), own), refused),
	}}}
	if f.Format == clientcert.XFCC {
		full := func(c *x509.Certificate) string {
			return `By=spiffe://` + canary + `;` + f.value(c) + `;Cert="` + escapedOf(c) + `";Subject="CN=` + canary + `,O=\"x\"";URI=`
		}
		groups[1].rows = append(groups[1].rows, on("of the client, with all keys", l.sending(f, full(c.own.Leaf)), alice("/read")), on("of another client, with all keys", l.sending(f, full(c.other.Leaf)), refused))
	}
	for _, g := range groups {
		for i := range g.rows {
			g.rows[i].name = f.Header + " " + g.rows[i].name
		}
	}
	return groups
}

// forwardedByOthers returns rows for an API that does not trust the peer.
func (l *proofLab) forwardedByOthers(f forwarder) group {
	c, refused := l.certificates, l.badBearer(wrongCertificate)
	forged := at("/read", l.certified()).with(f.Header, f.value(c.own.Leaf))
	claimed := forged.with("Forwarded", "for=192.0.2.1")
	for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "True-Client-Ip"} {
		claimed = claimed.with(name, "192.0.2.1")
	}
	return group{"M03", "a field of a peer that is not a trusted proxy does not count", []row{
		{name: f.Header + " of another peer", request: forged, want: refused}, {name: f.Header + " of a peer that claims another address", request: claimed, want: refused},
		{name: f.Header + " of a peer with the right certificate", request: forged.by(c.own), want: refused},
		{name: f.Header + " of another peer where tokens are optional", request: at("/optional", l.certified()).with(f.Header, f.value(c.own.Leaf)), want: refused},
		{name: f.Header + " of another peer, with an unbound token", request: at("/read", "Bearer "+l.Good()).with(f.Header, f.value(c.own.Leaf)), want: alice("/read")},
	}}
}

// aProxyReplacesWhatItsClientsSend sends requests through a reverse proxy that
// sets the certificate field. A proxy must remove the fields that the client's
// Connection field lists (RFC 9110 §7.6.1). Some proxies do this only after
// they have set the certificate field. If the client lists the certificate
// field, these proxies remove that field, too.
func aProxyReplacesWhatItsClientsSend(t *testing.T, frameworks []Framework) {
	f := forwarders[0]
	set := func(h http.Header, state *tls.ConnectionState) {
		if h.Del(f.Header); len(state.PeerCertificates) > 0 {
			h.Set(f.Header, f.value(state.PeerCertificates[0]))
		}
	}
	for name, configure := range map[string]func(*httputil.ReverseProxy, *url.URL){
		"before": func(p *httputil.ReverseProxy, api *url.URL) {
			p.Rewrite = func(r *httputil.ProxyRequest) {
				r.SetURL(api)
				set(r.Out.Header, r.In.TLS)
			}
		},
		"after": func(p *httputil.ReverseProxy, api *url.URL) {
			p.Director = func(r *http.Request) { //nolint:staticcheck // the fault of Director is what the test is about
				r.URL.Scheme, r.URL.Host = api.Scheme, api.Host
				set(r.Header, r.TLS)
			}
		},
	} {
		l := newProofLab(t, behind(t, frameworks, configure), certificatesOn, func(c *middleware.Config) { c.ClientCert = f.Forwarded })
		l.run(t, l.proxied(f, name))
		strict := newProofLab(t, behind(t, frameworks, configure), certificatesRequired, func(c *middleware.Config) { c.ClientCert = f.Forwarded })
		strict.run(t, group{"M04", "RequireBound refuses an unbound token, whatever the proxy forwards", []row{
			{name: "an unbound token, proxy that strips " + name, request: at("/read", "Bearer "+strict.Good()).with("Connection", f.Header).by(strict.certificates.own), want: strict.badBearer(notBound), protocol: "HTTP/1.1"},
		}})
	}
}

// behind returns the frameworks with a reverse proxy in front of each API.
func behind(t *testing.T, frameworks []Framework, configure func(*httputil.ReverseProxy, *url.URL)) (fronted []Framework) {
	t.Helper()
	for _, framework := range frameworks {
		fronted = append(fronted, Framework{framework.Name + " behind a proxy", func(a API) http.Handler {
			server := httptest.NewServer(framework.Routes(a))
			t.Cleanup(server.Close)
			api, err := url.Parse(server.URL)
			check(t, err)
			proxy := &httputil.ReverseProxy{Transport: server.Client().Transport}
			configure(proxy, api)
			return proxy
		}})
	}
	return fronted
}

// proxied returns test cases for requests through a proxy. The proxy removes
// the fields that the client's Connection field lists. strips is "before" if
// the proxy removes them before it sets the certificate field, and "after" if
// it removes them afterwards.
func (l *proofLab) proxied(f forwarder, strips string) group {
	c, refused := l.certificates, l.badBearer(wrongCertificate)
	survives := refused
	if strips == "before" {
		survives = alice("/read")
	}
	token := at("/read", l.certified())
	forged := token.with(f.Header, f.value(c.own.Leaf))
	listed := func(r request, names string) request { return r.with("Connection", names) }
	g := group{"M04", "the client cannot change what the proxy forwards, and a certificate that gets lost does not count", []row{
		{name: "the right certificate", request: token.by(c.own), want: alice("/read")},
		{name: "the right certificate and a forged field", request: token.with(f.Header, f.value(c.other.Leaf)).by(c.own), want: alice("/read")},
		{name: "no certificate", request: token, want: refused},
		{name: "no certificate and a forged field", request: forged, want: refused},
		{name: "another certificate and a forged field", request: forged.by(c.other), want: refused},
		{name: "an unbound token", request: at("/read", "Bearer "+l.Good()), want: alice("/read")},
	}}
	for _, r := range []row{
		{name: "the field in Connection", request: listed(token, f.Header).by(c.own), want: survives},
		{name: "the field in lower case in Connection", request: listed(token, "keep-alive, "+strings.ToLower(f.Header)).by(c.own), want: survives},
		{name: "the field in Connection, and forged", request: listed(token.with(f.Header, f.value(c.other.Leaf)), f.Header).by(c.own), want: survives},
		{name: "the field in Connection, without a certificate", request: listed(token, f.Header), want: refused},
		{name: "the field in Connection, forged, without a certificate", request: listed(forged, f.Header), want: refused},
		{name: "the field in Connection, forged, with another certificate", request: listed(forged, f.Header+", "+f.Header).by(c.other), want: refused},
		{name: "Authorization in Connection", request: listed(token, "Authorization").by(c.own), want: l.asks()},
	} {
		r.protocol = "HTTP/1.1"
		g.rows = append(g.rows, r)
		r.name, r.protocol, r.want = r.name+" over HTTP/2", "HTTP/2", stoppedByServer // RFC 9113 §8.2.2
		g.rows = append(g.rows, r)
	}
	for i := range g.rows {
		g.rows[i].name += ", proxy that strips " + strips
	}
	return g
}
