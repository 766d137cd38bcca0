package cases

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// http2wire sends requests as HTTP/2 frames that it writes itself, because HTTP
// clients refuse to send some requests of the table. It sends all requests over
// one connection. After a failure, it opens a new connection.
type http2wire struct {
	address string
	config  *tls.Config // nil means HTTP/2 without TLS

	conn   net.Conn
	framer *http2.Framer
	stream uint32
}

// maxFrame is the largest frame payload, in bytes, that every server must
// accept (RFC 9113 §4.2).
const maxFrame = 16 << 10

func (w *http2wire) send(t *testing.T, method string, r request) answer {
	t.Helper()
	if w.conn == nil {
		w.connect(t)
	}
	defer func() {
		if t.Failed() { // the next request gets a new connection
			w.close()
		}
	}()
	check(t, w.conn.SetDeadline(time.Now().Add(timeout)))
	stream := w.write(t, method, r)
	return w.read(t, stream)
}

func (w *http2wire) connect(t *testing.T) {
	t.Helper()
	w.conn = dial(t, w.address, w.config)
	w.stream = 1
	w.framer = http2.NewFramer(w.conn, w.conn)
	w.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if _, err := io.WriteString(w.conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	check(t, w.framer.WriteSettings())
	check(t, w.framer.WriteWindowUpdate(0, 1<<30)) // enough for the answers of all tests
}

func (w *http2wire) close() {
	if w.conn != nil {
		w.conn.Close()
		w.conn = nil
	}
}

// write sends a request and returns the number of its stream.
func (w *http2wire) write(t *testing.T, method string, r request) uint32 {
	t.Helper()
	stream := w.stream
	w.stream += 2
	scheme := "http"
	if w.config != nil {
		scheme = "https"
	}
	block := encode(append([]field{{":method", method}, {":scheme", scheme}, {":authority", cmp.Or(r.host, "api.example.com")}, {":path", r.path}}, r.allFields(method)...))
	first := block[:min(len(block), maxFrame)]
	bare := r.body == "" && r.trailer == nil
	check(t, w.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: first, EndStream: bare, EndHeaders: len(first) == len(block)}))
	for block = block[len(first):]; len(block) > 0; {
		next := block[:min(len(block), maxFrame)]
		block = block[len(next):]
		check(t, w.framer.WriteContinuation(stream, len(block) == 0, next))
	}
	if !bare {
		check(t, w.framer.WriteData(stream, r.trailer == nil, []byte(r.body)))
	}
	if r.trailer != nil {
		check(t, w.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: encode(r.trailer), EndStream: true, EndHeaders: true}))
	}
	return stream
}

func encode(fields []field) []byte {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	encoder.SetMaxDynamicTableSizeLimit(0) // makes each header block independent of earlier blocks
	encoder.SetMaxDynamicTableSize(0)
	for _, f := range fields {
		_ = encoder.WriteField(hpack.HeaderField{Name: strings.ToLower(f.name), Value: f.value}) // the encoder writes to memory and cannot fail
	}
	return block.Bytes()
}

func (w *http2wire) read(t *testing.T, stream uint32) answer {
	t.Helper()
	a := answer{header: http.Header{}}
	for {
		frame, err := w.framer.ReadFrame()
		if err != nil {
			t.Fatalf("stream %d: %v", stream, err)
		}
		if settings, ok := frame.(*http2.SettingsFrame); ok && !settings.IsAck() {
			check(t, w.framer.WriteSettingsAck())
		}
		if away, ok := frame.(*http2.GoAwayFrame); ok {
			t.Fatalf("stream %d: the server sent GOAWAY: %v", stream, away.ErrCode)
		}
		if frame.Header().StreamID != stream {
			continue
		}
		switch frame := frame.(type) {
		case *http2.RSTStreamFrame:
			return answer{reset: true}
		case *http2.MetaHeadersFrame:
			for _, f := range frame.Fields {
				a.raw = fmt.Appendf(a.raw, "%s: %s\n", f.Name, f.Value)
				if f.Name == ":status" {
					a.status, _ = strconv.Atoi(f.Value)
				} else {
					a.header.Add(f.Name, f.Value)
				}
			}
		case *http2.DataFrame:
			a.body = append(a.body, frame.Data()...)
			a.raw = append(a.raw, frame.Data()...)
		}
		if ends(frame) {
			return a
		}
	}
}

func ends(frame http2.Frame) bool {
	switch frame := frame.(type) {
	case *http2.MetaHeadersFrame:
		return frame.StreamEnded()
	case *http2.DataFrame:
		return frame.StreamEnded()
	}
	return false
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
