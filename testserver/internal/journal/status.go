package journal

import (
	"bufio"
	"net"
	"net/http"
)

// StatusRecorder records the status of a response before the client receives
// the response. A test that has received the response can therefore rely on the
// record.
type StatusRecorder struct {
	http.ResponseWriter
	request *Request
	journal *Journal
	begun   bool
}

// Recorder returns a writer that writes to w and records the status in request.
func (j *Journal) Recorder(w http.ResponseWriter, request *Request) *StatusRecorder {
	return &StatusRecorder{ResponseWriter: w, request: request, journal: j}
}

// Finish records the status 200 if the handler wrote nothing, because net/http
// then sends 200.
func (s *StatusRecorder) Finish() { s.begin(http.StatusOK) }

func (s *StatusRecorder) begin(status int) {
	if !s.begun && status >= http.StatusOK { // 1xx responses are not final
		s.begun = true
		s.journal.answered(s.request, status)
	}
}

// WriteHeader records the status and passes it to the wrapped writer.
func (s *StatusRecorder) WriteHeader(status int) {
	s.begin(status)
	s.ResponseWriter.WriteHeader(status)
}

func (s *StatusRecorder) Write(b []byte) (int, error) {
	s.begin(http.StatusOK)
	return s.ResponseWriter.Write(b)
}

// FlushError records the status and flushes the wrapped writer. Flush of
// [http.ResponseController] calls it.
func (s *StatusRecorder) FlushError() error {
	s.begin(http.StatusOK)
	return http.NewResponseController(s.ResponseWriter).Flush()
}

// Hijack passes the connection to the handler. The recorded status stays 0,
// because the server does not write the response.
func (s *StatusRecorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(s.ResponseWriter).Hijack()
	s.begun = s.begun || err == nil
	return c, rw, err
}

// Unwrap returns the wrapped writer. [http.ResponseController] needs it for the
// methods that StatusRecorder does not have.
func (s *StatusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
