package redisstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/adapters/redisstore"
	"github.com/bearerguard/bearerguard/introspect"
)

// newLogged returns a store and its log. The store sends each command through
// the given function. Unlike newStore, newLogged does not call Initialize.
func newLogged(t *testing.T, f *fake, do func(next doFunc, ctx context.Context, args []any) (any, error)) (*redisstore.Store, *bytes.Buffer) {
	t.Helper()
	log := new(bytes.Buffer)
	config := redisstore.Config{Do: f.do, Secret: secret(1), Timeout: time.Second, Logger: slog.New(slog.NewTextHandler(log, nil))}
	through(do)(&config)
	s, err := redisstore.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return s, log
}

// The error text of a Redis client may contain an argument of the command. This
// text must not be reported.
func TestWhatIsReportedOfAnError(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"an error reply":      {errors.New("ERR unknown command, with args beginning with: 'canary'"), "ERR"},
		"a read-only replica": {errors.New("READONLY canary"), "READONLY"},
		"no connection":       {errors.New("dial tcp canary: connection refused"), "no connection"},
		"a closed connection": {io.EOF, "no connection"},
		"a timeout":           {fmt.Errorf("canary: %w", context.DeadlineExceeded), "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			s, log := newLogged(t, newFake(), func(doFunc, context.Context, []any) (any, error) { return nil, tt.err })
			_, err := s.First(t.Context(), newKey(), time.Now().Add(time.Minute))
			if !errors.Is(err, tt.err) {
				t.Fatalf("got %v, want an error that wraps that of the client", err)
			}
			for _, text := range []string{err.Error(), log.String()} {
				if !strings.Contains(text, tt.want) || strings.Contains(text, "canary") {
					t.Errorf("got %q, want %q in it and nothing of the rest", text, tt.want)
				}
			}
		})
	}
}

// While Redis is full, replay entries cannot be stored, but introspection
// answers can still be read.
func TestErrorRepliesDoNotPauseCommands(t *testing.T) {
	s, _ := newLogged(t, newFake(), func(next doFunc, ctx context.Context, args []any) (any, error) {
		if args[0] == "SET" {
			return nil, errors.New("OOM command not allowed when used memory > 'maxmemory'")
		}
		return next(ctx, args...)
	})
	next := inGroup()
	for range 10 {
		if first, err := s.First(t.Context(), next(), time.Now().Add(time.Minute)); first || err == nil {
			t.Errorf("got %t, %v, want an error", first, err)
		}
	}
	if got := s.Stats(); got.Failures != 10 || got.Paused != 0 {
		t.Errorf("got %+v, want 10 failures and no pause", got)
	}
}

// Half of the groups of keys are on a node that does not respond. An
// introspect.Client must still use the Store for the other groups.
func TestANodeThatHangsCostsOnlyItsAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const tokens = 200
		f, hangs, asked := newFake(), false, 0
		s := newStore(t, f, withSecrets(secret(1), secret(2)), through(func(next doFunc, ctx context.Context, args []any) (any, error) {
			if hangs && strings.HasPrefix(args[1].(string), "bg:1:{0") {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return next(ctx, args...)
		}))
		introspectAll := func() {
			t.Helper()
			client, err := introspect.Custom(introspect.Config{Issuer: "https://as.example.com", Cache: s, MaxTTL: time.Hour}, func(context.Context, string) (map[string]any, error) {
				asked++
				return map[string]any{"sub": "alice"}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for i := range tokens {
				if answer, err := client.Introspect(t.Context(), fmt.Sprint("token", i)); err != nil || !answer.Active {
					t.Fatalf("got %v, %v, want an active token", answer, err)
				}
			}
		}
		introspectAll()
		hangs, asked = true, 0
		introspectAll()
		if asked < tokens/4 || asked > tokens*3/4 {
			t.Errorf("got %d of %d tokens asked about, want about half", asked, tokens)
		}
	})
}

func TestAStoreDoesNotPrintItsSecret(t *testing.T) {
	s := newStore(t, newFake())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if got := fmt.Sprintf(verb, s); got != "[redacted]" {
			t.Errorf("%s: got %q, want [redacted]", verb, got)
		}
	}
}

// First and Read must return an error for these replies.
func TestUnexpectedAnswers(t *testing.T) {
	for _, tt := range []struct {
		command, key string // key is the end of a Redis key
		answer       any
	}{
		{"SET", "", int64(1)}, // "" means a replay entry
		{"SET", ":steps", int64(1)},
		{"SET", ":epoch", int64(1)},
		{"BITFIELD", ":steps", nil},
		{"BITFIELD", ":steps", "OK"},
		{"BITFIELD", ":steps", []any{int64(1)}},
		{"BITFIELD", ":steps", []any{"1", int64(1)}},
		{"BITFIELD", ":steps", []any{int64(1), nil}},
		{"GETEX", ":epoch", int64(1)},
		{"XRANGE", ":stream", "OK"},
		{"XRANGE", ":stream", []any{"1-1"}},
		{"XRANGE", ":stream", []any{[]any{"1-1"}}},
		{"XRANGE", ":stream", []any{[]any{int64(1), []any{}}}},
	} {
		t.Run(fmt.Sprintf("%s%s %v", tt.command, tt.key, tt.answer), func(t *testing.T) {
			s, _ := newLogged(t, newFake(), func(next doFunc, ctx context.Context, args []any) (any, error) {
				if name := args[1].(string); args[0] == tt.command && (strings.HasSuffix(name, tt.key) && tt.key != "" || tt.key == "" && strings.Contains(name, ":proof:")) {
					return tt.answer, nil
				}
				return next(ctx, args...)
			})
			for range 2 {
				var first bool
				var err error
				if tt.key == ":epoch" || tt.key == ":stream" {
					_, err = s.Read(t.Context(), "")
				} else {
					first, err = s.First(t.Context(), newKey(), time.Now().Add(time.Minute))
				}
				if first || err == nil || errors.Is(err, redisstore.ErrLost) {
					t.Errorf("got %t, %v, want an error about the answer", first, err)
				}
			}
		})
	}
}

func TestAnAnswerOfAnotherTypeIsAMiss(t *testing.T) {
	s, _ := newLogged(t, newFake(), func(doFunc, context.Context, []any) (any, error) { return int64(1), nil })
	if got, ok, err := s.Get(t.Context(), "key"); ok || err != nil || s.Stats().Rejected != 1 {
		t.Errorf("got %q, %t, %v and %+v, want a miss that is counted", got, ok, err, s.Stats())
	}
}

func TestAnAnswerForLessThanAMillisecondIsNotStored(t *testing.T) {
	s := newStore(t, newFake())
	if err := s.Set(t.Context(), "key", []byte("value"), time.Millisecond-1); err != nil {
		t.Error(err)
	}
	if _, ok, err := s.Get(t.Context(), "key"); ok || err != nil {
		t.Errorf("got %t, %v, want a miss", ok, err)
	}
}

// Without Initialize, an empty Redis is treated as if it had lost its data.
func TestANewRedisWithoutInitialize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log := newLogged(t, newFake(), func(next doFunc, ctx context.Context, args []any) (any, error) { return next(ctx, args...) })
		next := inGroup()
		assertFirst(t, s, next(), false, redisstore.ErrLost)
		if s.Stats().Losses != 1 || strings.Count(log.String(), "lost its data") != 1 {
			t.Errorf("got %+v and the log %q, want one loss", s.Stats(), log)
		}
		time.Sleep(82 * time.Second)
		assertFirst(t, s, next(), true, nil)
	})
}
