package journal

import (
	"bufio"
	"net"
	"net/http"
)

// StatusRecorder notes the status of an answer before the client has it: a test
// that has the answer finds it recorded.
type StatusRecorder struct {
	http.ResponseWriter
	request *Request
	journal *Journal
	begun   bool
}

// Recorder writes to w and notes the status in request.
func (j *Journal) Recorder(w http.ResponseWriter, request *Request) *StatusRecorder {
	return &StatusRecorder{ResponseWriter: w, request: request, journal: j}
}

// Finish notes the 200 that net/http sends for a handler that wrote nothing.
func (s *StatusRecorder) Finish() { s.begin(http.StatusOK) }

func (s *StatusRecorder) begin(status int) {
	if !s.begun && status >= http.StatusOK { // 1xx are not the answer yet
		s.begun = true
		s.journal.answered(s.request, status)
	}
}

// WriteHeader notes the status, and passes it on.
func (s *StatusRecorder) WriteHeader(status int) {
	s.begin(status)
	s.ResponseWriter.WriteHeader(status)
}

func (s *StatusRecorder) Write(b []byte) (int, error) {
	s.begin(http.StatusOK)
	return s.ResponseWriter.Write(b)
}

// FlushError is for an [http.ResponseController], which also calls Hijack.
func (s *StatusRecorder) FlushError() error {
	s.begin(http.StatusOK)
	return http.NewResponseController(s.ResponseWriter).Flush()
}

// Hijack leaves the status at 0: what is sent over the connection is not an
// answer of this server.
func (s *StatusRecorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(s.ResponseWriter).Hijack()
	s.begun = s.begun || err == nil
	return c, rw, err
}

// Unwrap is for the other methods of an [http.ResponseController].
func (s *StatusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
