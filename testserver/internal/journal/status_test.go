package journal_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

func TestTheStatusIsRecordedBeforeTheClientReceivesIt(t *testing.T) {
	for name, tt := range map[string]struct {
		handler func(w http.ResponseWriter)
		want    int
		early   bool // the client receives the response while the handler still runs
	}{
		"a status":                            {func(w http.ResponseWriter) { w.WriteHeader(418) }, 418, false},
		"a body without a status":             {func(w http.ResponseWriter) { _, _ = io.WriteString(w, "x") }, 200, false},
		"nothing":                             {func(http.ResponseWriter) {}, 200, false},
		"the first of two":                    {func(w http.ResponseWriter) { w.WriteHeader(404); w.WriteHeader(500) }, 404, false},
		"a status after an informational one": {func(w http.ResponseWriter) { w.WriteHeader(103); w.WriteHeader(202) }, 202, false},
		"a flush without a status":            {func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }, 200, true},
		"a flush after a status":              {func(w http.ResponseWriter) { w.WriteHeader(500); _ = http.NewResponseController(w).Flush() }, 500, true},
	} {
		t.Run(name, func(t *testing.T) {
			var j journal.Journal
			held := make(chan struct{})
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				recorded := &journal.Request{Endpoint: catalogue.Token}
				j.Add(recorded)
				recorder := j.Recorder(w, recorded)
				tt.handler(recorder)
				if tt.early {
					<-held
				}
				recorder.Finish()
			}))
			server.Config.ErrorLog = log.New(io.Discard, "", 0) // drops the warning about a second WriteHeader
			server.Start()
			defer server.Close()
			defer close(held)
			resp, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if got := j.Requests()[0].Status; got != tt.want || resp.StatusCode != tt.want {
				t.Errorf("got %d recorded and %d answered, want %d", got, resp.StatusCode, tt.want)
			}
		})
	}
}

func TestAHijackedConnectionHasNoStatus(t *testing.T) {
	var j journal.Journal
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		recorded := &journal.Request{Endpoint: catalogue.Token}
		j.Add(recorded)
		recorder := j.Recorder(w, recorded)
		conn, rw, err := http.NewResponseController(recorder).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = rw.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
		_ = rw.Flush()
		recorder.Finish()
	}))
	defer server.Close()
	resp, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); string(body) != "hi" || err != nil {
		t.Errorf("got %q, %v, want what was sent over the connection", body, err)
	}
	<-ended
	if got := j.Requests()[0].Status; got != 0 {
		t.Errorf("got the status %d, want 0", got)
	}
}

func TestAFailedHijackLeavesTheStatusToTheAnswer(t *testing.T) {
	var j journal.Journal
	recorded := &journal.Request{Endpoint: catalogue.Token}
	j.Add(recorded)
	recorder := j.Recorder(httptest.NewRecorder(), recorded) // httptest.ResponseRecorder cannot be hijacked
	if _, _, err := http.NewResponseController(recorder).Hijack(); err == nil {
		t.Error("got no error")
	}
	recorder.WriteHeader(501)
	if got := j.Requests()[0].Status; got != 501 {
		t.Errorf("got the status %d, want 501", got)
	}
}
