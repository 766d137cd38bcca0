package listen

import (
	"crypto/tls"
	"net/http"
)

// NewTransport returns a plain transport without the environment's proxy.
func NewTransport() *http.Transport { return &http.Transport{ForceAttemptHTTP2: true} }

// OnlyHTTP1 keeps t from speaking HTTP/2, and returns it.
func OnlyHTTP1(t *http.Transport) *http.Transport {
	t.ForceAttemptHTTP2 = false
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	return t
}

// Transport returns a new transport that reaches the listener under its URL and
// trusts its certificate. In memory it reaches nothing else.
func (l *Listener) Transport() *http.Transport {
	t := NewTransport()
	t.DialContext = l.dial
	if l.roots != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: l.roots, MinVersion: tls.VersionTLS12}
	}
	return t
}
