package listen

import (
	"crypto/tls"
	"net/http"
)

// NewTransport returns a transport that ignores the proxy settings of the
// environment.
func NewTransport() *http.Transport { return &http.Transport{ForceAttemptHTTP2: true} }

// OnlyHTTP1 disables HTTP/2 in t, and returns t.
func OnlyHTTP1(t *http.Transport) *http.Transport {
	t.ForceAttemptHTTP2 = false
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	return t
}

// Transport returns a new transport that reaches the listener at its URL and
// trusts its certificate. If the listener is in memory, the transport reaches
// only this URL and, with TLS, [Listener.MTLSHost].
func (l *Listener) Transport() *http.Transport {
	t := NewTransport()
	t.DialContext = l.dial
	if l.roots != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: l.roots, MinVersion: tls.VersionTLS12}
	}
	return t
}
