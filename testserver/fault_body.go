package testserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
)

// TruncateBody sends the right header, including Content-Length and ETag, but
// cuts the right body off after the given number of bytes. It always leaves out
// at least the last byte. Then it drops the connection. On HTTP/2, it resets
// only the stream.
func TruncateBody(after int) Fault {
	f := alterResponse(func(w http.ResponseWriter, _ *http.Request, a *response) {
		n := max(min(after, a.body.Len()-1), 0)
		a.body.Truncate(n) // Content-Length is still the length of the full body
		a.send(w)
		_ = http.NewResponseController(w).Flush() // without Flush, the panic loses the bytes
		panic(http.ErrAbortHandler)
	})
	if after < 0 {
		f.err = fmt.Errorf("TruncateBody(%d): give 0 bytes or more", after)
	}
	return f
}

// MalformedJSON sends the right response without the last byte of its body, the
// closing brace. Unlike the response of [TruncateBody], this response is
// complete HTTP, so only a JSON parser notices the error.
func MalformedJSON() Fault {
	return alterResponse(func(w http.ResponseWriter, _ *http.Request, a *response) {
		if n := a.body.Len(); n > 0 { // a response to a HEAD has no body
			a.body.Truncate(n - 1)
			a.setLength()
		}
		a.header.Del("ETag") // this ETag is that of the right body
		a.send(w)
	})
}

// ContentType sends the right response with ct as its Content-Type, such as
// "text/html; charset=utf-8".
func ContentType(ct string) Fault {
	return alterResponse(func(w http.ResponseWriter, _ *http.Request, a *response) {
		a.header.Set("Content-Type", ct)
		a.send(w)
	})
}

// Body answers with status 200 and the given body. The endpoint is not called.
func Body(contentType string, body []byte) Fault {
	body = bytes.Clone(body)
	return replaceResponse(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	})
}

// emptyJWKS answers with a key set without keys, for [EndpointJWKS] only.
func emptyJWKS() Fault {
	f := Body("application/jwk-set+json", []byte(`{"keys":[]}`))
	f.only = []Endpoint{EndpointJWKS}
	return f
}

// HugeBody sends a body of n bytes: spaces, followed by the right body. The
// whole body is valid JSON. The response has no Content-Length, so a client
// does not know the size in advance. HugeBody stops when the client
// disconnects.
func HugeBody(n int64) Fault {
	f := alterResponse(func(w http.ResponseWriter, r *http.Request, a *response) {
		spaces := n - int64(a.body.Len())
		a.header.Del("Content-Length")
		a.header.Del("ETag") // this ETag is that of the right body
		a.begin(w)
		if r.Method == http.MethodHead {
			return // net/http does not send a body to HEAD
		}
		chunk := bytes.Repeat([]byte{' '}, 32<<10)
		for spaces > 0 {
			m := min(spaces, int64(len(chunk)))
			if _, err := w.Write(chunk[:m]); err != nil {
				return // the client has disconnected
			}
			spaces -= m
		}
		_, _ = w.Write(a.body.Bytes())
	})
	if n < 1 {
		f.err = fmt.Errorf("HugeBody(%d): give a size of 1 byte or more", n)
	}
	return f
}

// wrongIssuer sends the right document with iss as its issuer, for
// [EndpointDiscovery] and [EndpointASMetadata] only.
func wrongIssuer(iss string) Fault {
	f := alterResponse(func(w http.ResponseWriter, _ *http.Request, a *response) {
		doc := map[string]any{}
		if json.Unmarshal(a.body.Bytes(), &doc) == nil { // the response to a HEAD has no body
			doc["issuer"] = iss
			a.body.Reset()
			_ = json.NewEncoder(&a.body).Encode(doc) // cannot fail: doc is from JSON
			a.setLength()
		}
		a.send(w)
	})
	f.only = []Endpoint{EndpointDiscovery, EndpointASMetadata}
	return f
}

// response is the endpoint's response, before any of it is sent.
type response struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// alterResponse returns a fault that calls the endpoint, stores the response,
// and calls send to write a changed response.
func alterResponse(send func(http.ResponseWriter, *http.Request, *response)) Fault {
	return Handler(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a := &response{header: http.Header{}}
			next.ServeHTTP(a, withoutConditions(r))
			if a.status == 0 {
				a.status = http.StatusOK
			}
			send(w, r, a)
		})
	})
}

// withoutConditions returns r without the header fields that can make the
// response shorter. A client that has cached the keys therefore also gets the
// fault.
func withoutConditions(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	for _, name := range [...]string{"If-Match", "If-None-Match", "Range"} {
		r.Header.Del(name)
	}
	return r
}

func (a *response) Header() http.Header { return a.header }

func (a *response) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *response) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.body.Write(b)
}

// setLength sets Content-Length to the length of the body.
func (a *response) setLength() {
	a.header.Set("Content-Length", strconv.Itoa(a.body.Len()))
}

// begin sends the header.
func (a *response) begin(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
}

func (a *response) send(w http.ResponseWriter) {
	a.begin(w)
	_, _ = w.Write(a.body.Bytes())
}
