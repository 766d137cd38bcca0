package testserver_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestAuditToWritesEvents(t *testing.T) {
	var log bytes.Buffer
	s := testserver.New(t, testserver.AuditTo(&log))
	r := tokens(t, s, "scope", "a")
	wantTokens(t, exchange(t, s, refreshRequest(r.text("refresh_token"))))
	wantError(t, exchange(t, s, refreshRequest(r.text("refresh_token"))), 400, "invalid_grant")
	var kinds []string
	for line := range strings.Lines(log.String()) {
		var e struct{ Kind, Fingerprint string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("got %q, want JSON: %v", line, err)
		}
		kinds = append(kinds, e.Kind)
	}
	if got := strings.Join(kinds, " "); got != "issued refreshed reuse_detected revoked denied" {
		t.Errorf("got %s, want the events in order", got)
	}
	if events := s.Events(); len(events) != len(kinds) || events[0].Fingerprint != testserver.Fingerprint(r.text("access_token")) || events[0].Scopes[0] != "a" {
		t.Errorf("got %v, want the same events", events)
	}
	if strings.Contains(log.String(), r.text("access_token")) || strings.Contains(log.String(), r.text("refresh_token")) {
		t.Error("got a token in the log")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestCloseReportsAuditWriteErrors(t *testing.T) {
	tb := &recorder{TB: t}
	s := testserver.New(tb, testserver.AuditTo(broken{}))
	tokens(t, s)
	tb.finish()
	wantAll(t, strings.Join(tb.errors, ""), "the disk is full")
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb, testserver.AuditTo(nil)) }), "AuditTo(nil)")
}
