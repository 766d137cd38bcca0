package cases

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// request is a request as the client sends it, byte for byte. The wire adds
// only what the protocol needs, such as Content-Length.
type request struct {
	path    string
	host    string // "" means api.example.com
	fields  []field
	late    func(method string) []field // called on each send; returns additional fields for it; may be nil
	body    string
	trailer []field

	certificate *tls.Certificate // presented by the client if the API asks for it; nil means none
}

type field struct{ name, value string }

// at returns a request for path with the given Authorization lines.
func at(path string, authorization ...string) request {
	r := request{path: path}
	for _, value := range authorization {
		r = r.with("Authorization", value)
	}
	return r
}

func (r request) with(name, value string) request {
	r.fields = append(r.fields[:len(r.fields):len(r.fields)], field{name, value})
	return r
}

// withLate returns the request with additional fields. Each time the request is
// sent, late creates these fields.
func (r request) withLate(late func(method string) []field) request {
	r.late = late
	return r
}

// allFields returns the fields to send.
func (r request) allFields(method string) []field {
	if r.late == nil {
		return r.fields
	}
	return slices.Concat(r.fields, r.late(method))
}

// by returns the request with a certificate that the client presents.
func (r request) by(c *tls.Certificate) request { r.certificate = c; return r }

func (r request) withBody(body string) request { r.body = body; return r }

func (r request) withTrailer(name, value string) request {
	r.trailer = []field{{name, value}}
	return r
}

// answer is a response, or the reset of an HTTP/2 stream.
type answer struct {
	reset  bool
	status int
	header http.Header
	body   []byte
	raw    []byte // all bytes of the answer, to search for the canary
}

// wire sends requests to one server over one protocol.
type wire interface {
	send(t *testing.T, method string, r request) answer
}

// timeout is the maximum time that a test waits on a connection.
const timeout = 20 * time.Second

func dial(t *testing.T, address string, config *tls.Config) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		t.Fatal(err)
	}
	if config != nil {
		return tls.Client(conn, config)
	}
	return conn
}

// http1 opens a connection for each request.
type http1 struct {
	address string
	config  *tls.Config // nil means without TLS
}

func (w http1) send(t *testing.T, method string, r request) answer {
	t.Helper()
	conn := dial(t, w.address, w.config)
	defer conn.Close()
	// The error is ignored, because a server may answer and close the
	// connection before the request is fully written.
	_, _ = io.WriteString(conn, r.http1(method))
	return read1(t, conn, method)
}

// read1 reads the answer to the only request of a connection.
func read1(t *testing.T, conn net.Conn, method string) answer {
	t.Helper()
	raw, err := io.ReadAll(conn)
	if err != nil && len(raw) == 0 {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%v in %q", err, raw)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{status: response.StatusCode, header: response.Header, body: body, raw: raw}
}

func (r request) http1(method string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("%s %s HTTP/1.1", method, r.path)
	line("Host: %s", cmp.Or(r.host, "api.example.com"))
	line("Connection: close")
	for _, f := range r.allFields(method) {
		line("%s: %s", f.name, f.value)
	}
	if r.trailer == nil {
		line("Content-Length: %d", len(r.body))
		line("")
		return b.String() + r.body
	}
	line("Trailer: %s", r.trailer[0].name)
	line("Transfer-Encoding: chunked")
	line("")
	if r.body != "" {
		line("%x", len(r.body))
		line("%s", r.body)
	}
	line("0")
	for _, f := range r.trailer {
		line("%s: %s", f.name, f.value)
	}
	line("")
	return b.String()
}
