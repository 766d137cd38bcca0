package apicheck

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/bearerguard/bearerguard/testserver/internal/listen"
)

// Target is an API, and how it is reached.
type Target struct {
	url     *url.URL
	via     []*http.Transport // HTTP/1.1, then HTTP/2 if there is any
	foreign bool              // the host of the request is not the API's
	stop    func() error
}

// Serve is an API in this process, on a listener of its own with TLS.
func Serve(api http.Handler, inMemory bool) (*Target, error) {
	l, err := listen.Open(listen.Config{TLS: true, InMemory: inMemory})
	if err != nil {
		return nil, err
	}
	one, two := listen.OnlyHTTP1(l.Transport()), l.Transport()
	return &Target{
		url: &url.URL{Scheme: "https", Host: l.Host()}, via: []*http.Transport{one, two}, stop: l.Serve(api, one),
	}, nil
}

// Locate is an API that runs elsewhere, reached by transports that transport makes.
// HTTP/2 is tried if baseURL is https.
func Locate(baseURL string, transport func() *http.Transport) (*Target, error) {
	u, err := url.Parse(baseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("the API's URL is %q, want one such as http://localhost:8080", baseURL)
	}
	t := &Target{url: u, via: []*http.Transport{listen.OnlyHTTP1(transport())}, foreign: true, stop: func() error { return nil }}
	if u.Scheme == "https" {
		t.via = append(t.via, transport())
	}
	return t, nil
}

// Close ends what the check has used: connections, and the server of an API in
// this process, of which it reports a handler that stays.
func (t *Target) Close() error {
	for _, via := range t.via {
		via.CloseIdleConnections()
	}
	return t.stop()
}
