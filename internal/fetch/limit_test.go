package fetch_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

func TestBodySize(t *testing.T) {
	for _, tt := range []struct {
		name string
		size int
		want error
	}{
		{"an empty body is read", 0, nil},
		{"the limit is read", 512 << 10, nil},
		{"a byte over the limit is refused", 512<<10 + 1, fetch.ErrTooLarge},
		{"eight times the limit is refused", 8 * fetch.MaxBytes, fetch.ErrTooLarge},
	} {
		for _, declared := range []bool{true, false} {
			name := tt.name + " in chunks"
			if declared {
				name = tt.name + " by its length"
			}
			t.Run(name, func(t *testing.T) {
				s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					if !declared {
						w.(http.Flusher).Flush()
					}
					_, _ = io.WriteString(w, strings.Repeat(" ", tt.size))
				})
				body, err := get(t.Context(), s.Client(), s.URL)
				if !errors.Is(err, tt.want) || err == nil && len(body) != tt.size || err != nil && body != nil {
					t.Errorf("got %d bytes, %v, want %v", len(body), err, tt.want)
				}
			})
		}
	}
}

func TestAnEndlessBodyIsCutOff(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		chunk := bytes.Repeat([]byte(" "), 64<<10)
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	if _, err := get(t.Context(), s.Client(), s.URL); !errors.Is(err, fetch.ErrTooLarge) {
		t.Errorf("got %v, want %v", err, fetch.ErrTooLarge)
	}
}

// compressed returns gzip data that decompresses to n spaces. The length of the
// data is about n/1000.
func compressed(t *testing.T, n int) []byte {
	t.Helper()
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	chunk := bytes.Repeat([]byte(" "), 1<<20)
	for ; n > 0; n -= len(chunk) {
		if _, err := w.Write(chunk[:min(n, len(chunk))]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return bomb.Bytes()
}

func TestACompressedBodyIsMeasuredUncompressed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		size   int
		status int
		want   error
	}{
		{"the limit is read", fetch.MaxBytes, http.StatusOK, nil},
		{"a byte over the limit is refused", fetch.MaxBytes + 1, http.StatusOK, fetch.ErrTooLarge},
		{"a bomb is refused", 16 << 20, http.StatusOK, fetch.ErrTooLarge},
		{"a bomb with an error status is not decompressed", 16 << 20, http.StatusInternalServerError, fetch.StatusError{Status: http.StatusInternalServerError}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := compressed(t, tt.size)
			s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Content-Encoding", "gzip")
				w.WriteHeader(tt.status)
				_, _ = w.Write(body)
			})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got, err := get(t.Context(), s.Client(), s.URL)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, tt.want) || err == nil && len(got) != tt.size {
				t.Errorf("got %d bytes, %v, want %v", len(got), err, tt.want)
			}
			// The test allows 16 times the limit. Growing a buffer to the limit
			// allocates a small multiple of the limit, and the server in this
			// process also allocates memory.
			if spent := after.TotalAlloc - before.TotalAlloc; spent > 16*fetch.MaxBytes {
				t.Errorf("allocated %d bytes for a limit of %d, want at most 16 times the limit", spent, fetch.MaxBytes)
			}
		})
	}
}
