package as

import (
	"bufio"
	"net"
	"net/http"
)

// tap sees the status of an answer before the client does: a test that has the
// answer finds it recorded.
type tap struct {
	http.ResponseWriter
	request *Request
	journal *journal
	begun   bool
}

func (t *tap) begin(status int) {
	if !t.begun && status >= http.StatusOK { // 1xx are not the answer yet
		t.begun = true
		t.journal.answered(t.request, status)
	}
}

func (t *tap) WriteHeader(status int) {
	t.begin(status)
	t.ResponseWriter.WriteHeader(status)
}

func (t *tap) Write(b []byte) (int, error) {
	t.begin(http.StatusOK)
	return t.ResponseWriter.Write(b)
}

// FlushError and Hijack are called by an [http.ResponseController].
func (t *tap) FlushError() error {
	t.begin(http.StatusOK)
	return http.NewResponseController(t.ResponseWriter).Flush()
}

// Hijack leaves the status at 0: what is sent over the connection is nobody's
// answer.
func (t *tap) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(t.ResponseWriter).Hijack()
	t.begun = t.begun || err == nil
	return c, rw, err
}

// Unwrap is for the other methods of an [http.ResponseController].
func (t *tap) Unwrap() http.ResponseWriter { return t.ResponseWriter }
