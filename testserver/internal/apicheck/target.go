package apicheck

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"

	"github.com/bearerguard/bearerguard/testserver/internal/listen"
)

// Target is an API and the transports that reach the API.
type Target struct {
	url     *url.URL
	via     []*http.Transport // HTTP/1.1, then HTTP/2 if available
	foreign bool              // Host is that of the API's URL, not that of the user's request
	stop    func() error
}

// Serve serves api on a new TLS listener, which requests client certificates.
func Serve(api http.Handler, inMemory bool) (*Target, error) {
	l, err := listen.Open(listen.Config{TLS: true, InMemory: inMemory})
	if err != nil {
		return nil, err
	}
	one, two := listen.OnlyHTTP1(l.Transport()), l.Transport()
	return &Target{
		url: &url.URL{Scheme: "https", Host: l.MTLSHost()}, via: []*http.Transport{one, two}, stop: l.Serve(api, one),
	}, nil
}

// Locate returns a Target for the API at baseURL. The transports of the Target
// trust the given roots. If roots is nil, they trust the roots of the system.
// For an https URL, the Target also has a transport for HTTP/2.
func Locate(baseURL string, roots *x509.CertPool) (*Target, error) {
	u, err := url.Parse(baseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("the URL of the API is %q: give an http or https URL, such as http://localhost:8080", baseURL)
	}
	transport := func() *http.Transport {
		t := listen.NewTransport()
		t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		return t
	}
	t := &Target{url: u, via: []*http.Transport{listen.OnlyHTTP1(transport())}, foreign: true, stop: func() error { return nil }}
	if u.Scheme == "https" {
		t.via = append(t.via, transport())
	}
	return t, nil
}

// Close closes the connections. If Serve made the Target, Close also stops the
// server, and returns an error if a handler is still running.
func (t *Target) Close() error {
	t.closeIdle()
	return t.stop()
}

func (t *Target) closeIdle() {
	for _, via := range t.via {
		via.CloseIdleConnections()
	}
}
