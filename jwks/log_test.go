package jwks_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

// checkLog checks that the log contains exactly the lines in want.
func checkLog(t *testing.T, log *logCapture, want ...map[string]any) {
	t.Helper()
	records, text := log.lines(t)
	for i := range max(len(records), len(want)) {
		switch {
		case i >= len(records):
			t.Errorf("line %d: missing, want %s", i+1, encoded(want[i]))
		case i >= len(want):
			t.Fatalf("got %d lines, want %d: the next is %s", len(records), len(want), encoded(records[i]))
		case encoded(records[i]) != encoded(want[i]):
			t.Fatalf("line %d: got %s, want %s", i+1, encoded(records[i]), encoded(want[i]))
		}
	}
	checkNothingIsQuoted(t, text)
}

func notRefreshed(class, reason string, known bool) map[string]any {
	return map[string]any{
		"level": "WARN", "msg": "key set not refreshed", "reason": class,
		"error": jwks.ErrUnavailable.Error() + ": " + reason, "keys_known": known,
	}
}

func refreshedAgain(failures int) map[string]any {
	return map[string]any{"level": "INFO", "msg": "key set refreshed again", "failures": failures}
}

func notUsed(reason string) map[string]any {
	return map[string]any{"level": "WARN", "msg": "key of the set is not used", "reason": reason}
}

// An outage is logged once, and again only when the kind of failure changes or
// the set becomes too old.
func TestAnOutageIsLoggedOncePerChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logCapture
		s := newSite(respondOK(set(freshEC("a"))))
		r := s.remote(t, jwks.Options{Logger: log.logger(), MaxStale: 2 * time.Hour})
		traffic := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) {
				_, _ = r.Key(t.Context(), "a", "ES256")
			}
			synctest.Wait()
		}
		traffic(30 * time.Minute)
		var want []map[string]any
		checkLog(t, &log, want...)

		for _, step := range []struct {
			answer answer
			lasts  time.Duration
			line   map[string]any // nil if nothing is logged
		}{
			{status(503, ""), 30 * time.Minute, notRefreshed("status_5xx", "server answered Service Unavailable", true)},
			{status(500, ""), 30 * time.Minute, nil}, // the class is the same as before
			{connectionRefused, 30 * time.Minute, notRefreshed("connection", "connection failed", true)},
			{status(502, ""), 20 * time.Minute, notRefreshed("status_5xx", "server answered Bad Gateway", true)},
			{status(502, ""), 20 * time.Minute, notRefreshed("status_5xx", "server answered Bad Gateway", false)}, // the set is too old to be used
		} {
			s.setAnswer(step.answer)
			traffic(step.lasts)
			if step.line != nil {
				want = append(want, step.line)
			}
			checkLog(t, &log, want...)
		}

		failures := total(r.Stats())
		s.setAnswer(respondOK(set(freshEC("a"))))
		traffic(30 * time.Minute)
		want = append(want, refreshedAgain(failures))
		checkLog(t, &log, want...)

		// The next outage is logged again.
		s.setAnswer(connectionRefused)
		traffic(10 * time.Minute)
		again := total(r.Stats()) - failures
		s.setAnswer(respondOK(set(freshEC("a"))))
		traffic(10 * time.Minute)
		checkLog(t, &log, append(want, notRefreshed("connection", "connection failed", true), refreshedAgain(again))...)
	})
}

func TestSkippedKeysAreLoggedOncePerChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logCapture
		private, encryption := freshEC("CANARY").with("d", "CANARY"), freshEC("CANARY").with("use", "enc")
		s := newSite(respondOK(set(freshEC("a"), private, encryption)))
		r := s.remote(t, jwks.Options{Logger: log.logger()})
		renew := func() {
			for range 3 {
				assertKey(t, r, "a")
				time.Sleep(5 * time.Minute)
			}
			assertKey(t, r, "a")
		}
		renew()
		want := []map[string]any{notUsed("key 2: " + reasonPrivate)} // the encryption key is logged only at level Debug
		checkLog(t, &log, want...)

		s.setAnswer(connectionRefused)
		time.Sleep(5 * time.Minute)
		assertKey(t, r, "a")
		s.setAnswer(respondOK(set(freshEC("a"), private, encryption)))
		time.Sleep(time.Second)
		renew()
		want = append(want, notRefreshed("connection", "connection failed", true), refreshedAgain(1))
		checkLog(t, &log, want...)

		s.setAnswer(respondOK(set(freshEC("a"), encryption, private)))
		renew()
		want = append(want, notUsed("key 3: "+reasonPrivate))
		checkLog(t, &log, want...)

		s.setAnswer(respondOK(set(freshEC("a"))))
		renew()
		checkLog(t, &log, want...)

		s.setAnswer(respondOK(set(freshEC("a"), encryption, private)))
		renew()
		checkLog(t, &log, append(want, notUsed("key 3: "+reasonPrivate))...)
	})
}

func TestKeysForEncryptionAreLoggedForDebugging(t *testing.T) {
	var log logCapture
	s := newSite(respondOK(set(freshEC("a"), freshEC("CANARY").with("use", "enc"), freshEC("CANARY").with("kty", "AKP"))))
	assertKey(t, s.remote(t, jwks.Options{Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}), "a")
	encryption, unknown := notUsed("key 2: "+reasonUse), notUsed("key 3: "+reasonType)
	encryption["level"], unknown["level"] = "DEBUG", "DEBUG"
	checkLog(t, &log, encryption, unknown)
}

// panicking is a log handler that panics.
type panicking struct{ slog.Handler }

func (panicking) Enabled(context.Context, slog.Level) bool  { return true }
func (panicking) Handle(context.Context, slog.Record) error { panic("CANARY") }

func TestPanicOfLoggerHasNoEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(connectionRefused)
		r := s.remote(t, jwks.Options{Logger: slog.New(panicking{slog.DiscardHandler})})
		assertKeyError(t, r, "a", jwks.ErrUnavailable)
		s.setAnswer(respondOK(set(freshEC("a"), "{}")))
		time.Sleep(time.Second)
		assertKey(t, r, "a")
		if stats := r.Stats(); stats.Fetches != 2 || stats.Err != nil || len(stats.Skipped) != 1 {
			t.Errorf("got %+v, want the same as without a logger", stats)
		}
	})
}
