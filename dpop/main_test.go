package dpop_test

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/dpop"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secret returns a secret of n bytes.
func secret(n int) []byte {
	text := make([]byte, n)
	for i := range text {
		text[i] = byte(i)
	}
	return text
}

// key returns a different key for each number.
func key(n int) [32]byte { return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n))) }

// wantFirst calls First and checks the answer.
func wantFirst(t *testing.T, r dpop.Replay, key [32]byte, until time.Time, want bool) {
	t.Helper()
	if got, err := r.First(t.Context(), key, until); got != want || err != nil {
		t.Errorf("got %t and %v, want %t and no error", got, err, want)
	}
}
