package testserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
)

// TruncateBody sends the right header, with Content-Length and ETag, and the
// first after bytes of the right body, and then drops the connection, on HTTP/2
// the stream. The last byte is never sent, however large after is.
func TruncateBody(after int) Fault {
	f := altered(func(w http.ResponseWriter, _ *http.Request, a *answer) {
		n := max(min(after, a.body.Len()-1), 0)
		a.body.Truncate(n) // the Content-Length stays that of the whole
		a.send(w)
		_ = http.NewResponseController(w).Flush() // the abort below discards what is still in a buffer
		panic(http.ErrAbortHandler)
	})
	if after < 0 {
		f.err = fmt.Errorf("TruncateBody(%d): give 0 or more", after)
	}
	return f
}

// MalformedJSON sends the right answer without the last byte of its body, the
// brace that closes it. Unlike [TruncateBody] it is complete for HTTP, so only
// a parser notices.
func MalformedJSON() Fault {
	return altered(func(w http.ResponseWriter, _ *http.Request, a *answer) {
		if n := a.body.Len(); n > 0 { // 0 in the answer to a HEAD
			a.body.Truncate(n - 1)
			a.sized()
		}
		a.header.Del("ETag") // it names the right body
		a.send(w)
	})
}

// ContentType sends the right answer as if it were something else, such as
// "text/html; charset=utf-8".
func ContentType(ct string) Fault {
	return altered(func(w http.ResponseWriter, _ *http.Request, a *answer) {
		a.header.Set("Content-Type", ct)
		a.send(w)
	})
}

// Body answers 200 with any body. The endpoint does nothing.
func Body(contentType string, body []byte) Fault {
	body = bytes.Clone(body)
	return instead(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	})
}

// emptyJWKS answers with a key set that has no keys. It goes only with
// [EndpointJWKS].
func emptyJWKS() Fault {
	f := Body("application/jwk-set+json", []byte(`{"keys":[]}`))
	f.only = []Endpoint{EndpointJWKS}
	return f
}

// HugeBody sends the right body after so many spaces that it is n bytes long:
// valid JSON for a client that reads it all. It has no Content-Length, so its size
// does not show before. It ends early when the client goes away.
func HugeBody(n int64) Fault {
	f := altered(func(w http.ResponseWriter, r *http.Request, a *answer) {
		spaces := n - int64(a.body.Len())
		a.header.Del("Content-Length")
		a.header.Del("ETag") // as above
		a.begin(w)
		if r.Method == http.MethodHead {
			return // net/http would swallow the spaces, all of them
		}
		chunk := bytes.Repeat([]byte{' '}, 32<<10)
		for spaces > 0 {
			m := min(spaces, int64(len(chunk)))
			if _, err := w.Write(chunk[:m]); err != nil {
				return // the client has gone
			}
			spaces -= m
		}
		_, _ = w.Write(a.body.Bytes())
	})
	if n < 1 {
		f.err = fmt.Errorf("HugeBody(%d): give a size in bytes", n)
	}
	return f
}

// wrongIssuer sends a document that names iss as its issuer, and is right in all
// else. It goes with [EndpointDiscovery] and [EndpointASMetadata].
func wrongIssuer(iss string) Fault {
	f := altered(func(w http.ResponseWriter, _ *http.Request, a *answer) {
		doc := map[string]any{}
		if json.Unmarshal(a.body.Bytes(), &doc) == nil { // it has no body if it answers a HEAD
			doc["issuer"] = iss
			a.body.Reset()
			_ = json.NewEncoder(&a.body).Encode(doc) // which was JSON a moment ago
			a.sized()
		}
		a.send(w)
	})
	f.only = []Endpoint{EndpointDiscovery, EndpointASMetadata}
	return f
}

// answer is what the endpoint said, before anything of it is sent.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// altered lets the endpoint answer and send decide what becomes of it.
func altered(send func(http.ResponseWriter, *http.Request, *answer)) Fault {
	return Handler(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a := &answer{header: http.Header{}}
			next.ServeHTTP(a, whole(r))
			if a.status == 0 {
				a.status = http.StatusOK
			}
			send(w, r, a)
		})
	})
}

// whole is r without what could make the endpoint say less than all: a client
// that knows the keys already must not escape the fault.
func whole(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	for _, name := range [...]string{"If-Match", "If-None-Match", "Range"} {
		r.Header.Del(name)
	}
	return r
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.body.Write(b)
}

// sized makes the Content-Length that of the body.
func (a *answer) sized() {
	a.header.Set("Content-Length", strconv.Itoa(a.body.Len()))
}

// begin sends the header.
func (a *answer) begin(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
}

func (a *answer) send(w http.ResponseWriter) {
	a.begin(w)
	_, _ = w.Write(a.body.Bytes())
}
