package testserver

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// ClientFor returns a client that works like that of [Server.Client] and sends
// id with each request. Parallel tests can therefore share one server. Give the
// verifier of each test its own client. Pass the same id to [FromClient] for
// faults and to [Server.Mark] for counts.
//
//	v, err := middleware.NewVerifier(middleware.Config{…, Client: as.ClientFor(t.Name())})
//	as.Inject(testserver.EndpointJWKS, testserver.Status(503), testserver.FromClient(t.Name()))
//
// The id is in the header field Testserver-Client, because nothing else in a
// key fetch identifies the client. The id is text of at most 256 bytes.
func (s *Server) ClientFor(id string) *http.Client {
	s.helper()
	if err := checkClientID(id); err != nil {
		s.fail("ClientFor: %v", err)
	}
	return &http.Client{Transport: namedTransport{s.client.Transport, id}}
}

// checkClientID returns an error for an id that is too long, or that cannot be
// sent unchanged in a header field (RFC 9110 §5.5).
func checkClientID(id string) error {
	control := func(r rune) bool { return r < 0x20 || r == 0x7f }
	if id == "" || len(id) > journal.MaxText || strings.TrimSpace(id) != id || strings.ContainsFunc(id, control) {
		return fmt.Errorf("%q cannot be the ID of a client: give 1 to 256 bytes of text, such as t.Name(), without control characters and without spaces at the ends", id)
	}
	return nil
}

// namedTransport adds the client's ID to requests.
type namedTransport struct {
	http.RoundTripper
	id string
}

func (n namedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context()) // a RoundTripper must not change its request
	r.Header.Set(journal.ClientHeader, n.id)
	return n.RoundTripper.RoundTrip(r)
}

// CloseIdleConnections closes the idle connections of the wrapped transport.
// [http.Client.CloseIdleConnections] calls this method.
func (n namedTransport) CloseIdleConnections() {
	(&http.Client{Transport: n.RoundTripper}).CloseIdleConnections()
}
