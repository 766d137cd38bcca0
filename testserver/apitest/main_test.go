package apitest_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is a TB that records failures for a test to check.
type recorder struct {
	testserver.TB
	cleanups []func()
	errors   []string
}

type fatal string

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(f string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(f, args...))
}
func (r *recorder) Fatalf(f string, args ...any) { panic(fatal(fmt.Sprintf(f, args...))) }

func (r *recorder) finish() {
	for _, f := range r.cleanups {
		f()
	}
}

// fatalText returns the text of the Fatalf that ends f, or "" if f returns.
func fatalText(t *testing.T, f func(tb *recorder)) (text string) {
	t.Helper()
	tb := &recorder{TB: t}
	defer tb.finish()
	defer func() {
		switch r := recover().(type) {
		case nil:
		case fatal:
			text = string(r)
		default:
			panic(r)
		}
	}()
	f(tb)
	return ""
}

func wantAll(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("got %q, want it to contain %q", text, part)
		}
	}
}

// fingerprint returns the text that identifies a token in failures.
func fingerprint(token string) string {
	sum := sha256.Sum256([]byte(token))
	return fmt.Sprintf("%x", sum[:8])
}
