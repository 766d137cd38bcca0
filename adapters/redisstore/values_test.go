package redisstore_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/adapters/redisstore"
)

// If another program has overwritten the counters of a group, the Store treats
// this as a loss and replaces the counters.
func TestH04ACounterThatIsNotValidIsALoss(t *testing.T) {
	far := string(binary.BigEndian.AppendUint64(nil, uint64(time.Now().Add(time.Hour).Unix())<<24))
	for name, value := range map[string]string{"empty": "", "short": "1234567", "text": "12345678", "negative": "\xff\xff\xff\xff\xff\xff\xff\xff", "an hour ahead": far} {
		for _, started := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				s := newStore(t, f)
				for i := range 32 {
					f.values[fmt.Sprintf("bg:1:{%02x}:steps", i)] = value
				}
				if !started {
					s = newStore(t, f)
				}
				key := newKey()
				if first, err := s.First(t.Context(), key, time.Now().Add(2*time.Minute)); first || !errors.Is(err, redisstore.ErrLost) {
					t.Errorf("%s: got %t, %v, want ErrLost", name, first, err)
				}
				time.Sleep(3 * time.Minute)
				if first, err := s.First(t.Context(), key, time.Now().Add(2*time.Minute)); !first || err != nil {
					t.Errorf("%s, later: got %t, %v, want true", name, first, err)
				}
			})
		}
	}
}

func TestH05AnswersThatWereChangedAreIgnored(t *testing.T) {
	f := newFake()
	s := newStore(t, f)
	var names []string
	for _, key := range []string{"a", "b"} {
		if err := s.Set(t.Context(), key, []byte("value of "+key), time.Hour); err != nil {
			t.Fatal(err)
		}
		names = append(names, f.commands[len(f.commands)-1][1].(string))
	}
	sealed := f.values[names[0]]
	for what, value := range map[string]string{"one bit": string([]byte{sealed[0] ^ 1}) + sealed[1:], "the beginning": sealed[1:], "text": "value of a", "that of another key": f.values[names[1]]} {
		f.values[names[0]] = value
		before := s.Stats().Rejected
		if got, ok, err := s.Get(t.Context(), "a"); ok || err != nil || s.Stats().Rejected != before+1 {
			t.Errorf("%s: got %q, %t, %v and %+v, want a miss that is counted", what, got, ok, err, s.Stats())
		}
	}
}

// If a key of the wrong type is never replaced and does not expire soon,
// someone must delete it. The log therefore contains its name. The log does not
// contain the names of other keys.
func TestH07AKeyOfAnotherType(t *testing.T) {
	key := [32]byte{7}
	for other, want := range map[string]string{
		"bg:1:{07}:steps":       "key=bg:1:{07}:steps",
		"bg:1:{revoked}:stream": "key=bg:1:{revoked}:stream",
		"bg:1:{revoked}:epoch":  "key=bg:1:{revoked}:epoch",
		"bg:1:{07}:proof:" + base64.RawURLEncoding.EncodeToString(key[:16]): "reason=WRONGTYPE",
	} {
		var log bytes.Buffer
		f := newFake()
		s := newStore(t, f, func(c *redisstore.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		f.other = other
		first, errFirst := s.First(t.Context(), key, time.Now().Add(time.Minute))
		_, errRead := s.Read(t.Context(), "")
		if first == (errFirst != nil) || (errFirst == nil) == (errRead == nil) {
			t.Errorf("%s: got %t, %v and %v, want one error", other, first, errFirst, errRead)
		}
		if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, want+"\n") || strings.Contains(text, "message") {
			t.Errorf("%s: got the log %q, want one line that ends with %s", other, text, want)
		}
	}
}

func TestTheSecretIsReplaced(t *testing.T) {
	f := newFake()
	with := func(now, other []byte) *redisstore.Store { return newStore(t, f, withSecrets(now, other)) }
	old, first, second, last := with(secret(1), nil), with(secret(1), secret(2)), with(secret(2), secret(1)), with(secret(2), nil)
	for i, step := range []struct {
		from, to *redisstore.Store
		want     bool
	}{{old, first, true}, {first, old, true}, {first, second, true}, {second, first, true}, {second, last, true}, {last, second, true}, {old, last, false}} {
		key := fmt.Sprint(i)
		if err := step.from.Set(t.Context(), key, []byte("value"), time.Hour); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := step.to.Get(t.Context(), key); ok != step.want || err != nil {
			t.Errorf("step %d: got %t, %v, want %t", i, ok, err, step.want)
		}
	}
}
