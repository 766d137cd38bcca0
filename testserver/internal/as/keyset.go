package as

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// keySet serves a JWKS under a strong ETag, so that a client which has it need
// not read it again (RFC 9110 §8.8.3, §13.1.2). Like document it sets no
// Cache-Control.
func keySet(body func() []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b := body()
		sum := sha256.Sum256(b)
		w.Header().Set("Content-Type", "application/jwk-set+json")
		w.Header().Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:])+`"`)
		http.ServeContent(w, joined(r), "", time.Time{}, bytes.NewReader(b))
	}
}

// joined is r with each list of tags in one line. A list may come in several
// (RFC 9110 §5.3), of which net/http reads the first.
func joined(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	for _, name := range [...]string{"If-Match", "If-None-Match"} {
		if lines := r.Header[name]; len(lines) > 1 {
			r.Header[name] = []string{strings.Join(lines, ", ")}
		}
	}
	return r
}
