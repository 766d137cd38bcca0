package revoke_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/revoke/feedtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const issuer = "https://as.example.com"

var quiet = slog.New(slog.DiscardHandler)

func newList(t testing.TB, config revoke.Config) *revoke.List {
	t.Helper()
	if config.Logger == nil {
		config.Logger = quiet
	}
	l, err := revoke.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// start runs a list until the test ends.
func start(t *testing.T, l *revoke.List) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := l.Run(ctx); err != nil {
			t.Errorf("Run returned %v, want nil", err)
		}
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
}

// token returns a revocation that revokes one token until an hour from now.
func token(id string) revoke.Revocation {
	return revoke.Revocation{Issuer: issuer, Kind: revoke.Token, Value: id, Until: time.Now().Add(time.Hour)}
}

func add(t *testing.T, l *revoke.List, all ...revoke.Revocation) {
	t.Helper()
	if err := l.Add(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
}

// assertRevoked fails the test unless Check returns the wanted result without
// an error.
func assertRevoked(t *testing.T, l *revoke.List, c revoke.Claims, want bool) {
	t.Helper()
	if c.Issuer == "" {
		c.Issuer = issuer
	}
	if got, err := l.Check(c); got != want || err != nil {
		t.Errorf("%+v: got %t and %v, want %t and no error", c, got, err, want)
	}
}

// assertLag checks that Check and Healthy return ErrLag if the parameter want
// is true, and no error otherwise.
func assertLag(t *testing.T, l *revoke.List, want bool) {
	t.Helper()
	revoked, err := l.Check(revoke.Claims{Issuer: issuer, ID: "unknown"})
	if revoked || errors.Is(err, revoke.ErrLag) != want || (err != nil) != want {
		t.Errorf("got %t and %v, want false, and ErrLag: %t", revoked, err, want)
	}
	if healthy := l.Healthy(); errors.Is(healthy, revoke.ErrLag) != want || (healthy != nil) != want {
		t.Errorf("Healthy: got %v, want ErrLag: %t", healthy, want)
	}
}

// unstable is a feed whose calls can fail.
type unstable struct {
	feedtest.Memory

	mu            sync.Mutex
	publish, read error
	rejected      string // the Value of a revocation with which Publish fails
	gap           bool   // the next Read with a position returns ErrGap
	reads         int
	hidden        []revoke.Revocation // only a Read that starts at the beginning returns these
}

func (u *unstable) set(change func(*unstable)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	change(u)
}

func (u *unstable) Publish(ctx context.Context, all ...revoke.Revocation) error {
	u.mu.Lock()
	err, rejected := u.publish, u.rejected
	u.mu.Unlock()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(r revoke.Revocation) bool { return rejected != "" && r.Value == rejected }) {
		return errors.New("canary")
	}
	return u.Memory.Publish(ctx, all...)
}

func (u *unstable) Read(ctx context.Context, after string) (revoke.Batch, error) {
	u.mu.Lock()
	u.reads++
	err, hidden, gap := u.read, slices.Clone(u.hidden), u.gap && after != ""
	u.gap = u.gap && !gap
	u.mu.Unlock()
	switch {
	case err != nil:
		return revoke.Batch{}, err
	case gap:
		return revoke.Batch{}, revoke.ErrGap
	}
	batch, err := u.Memory.Read(ctx, after)
	if after == "" {
		batch.Revocations = append(hidden, batch.Revocations...)
	}
	return batch, err
}

// recorder is a log.
type recorder struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

func (r *recorder) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
