package testserver

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Status answers with the given status code, from 200 to 599, and with one line
// of text. The endpoint is not called.
func Status(code int) Fault { return refuse(code, nil) }

// RetryAfter answers like [Status] and adds the header field Retry-After. The
// value of this field is d in seconds, rounded up (RFC 9110 §10.2.3).
func RetryAfter(d time.Duration, code int) Fault {
	f := refuse(code, func(h http.Header) {
		seconds := int64(d / time.Second)
		if d%time.Second > 0 {
			seconds++
		}
		h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	})
	if d < 0 {
		f.err = errors.Join(f.err, fmt.Errorf("RetryAfter(%v): give 0 or more", d))
	}
	return f
}

// RedirectTo answers 302 Found. The Location header field contains the given
// URL, byte for byte.
func RedirectTo(url string) Fault {
	return refuse(http.StatusFound, func(h http.Header) { h.Set("Location", url) })
}

func refuse(code int, change func(http.Header)) Fault {
	f := replaceResponse(func(w http.ResponseWriter, _ *http.Request) {
		if change != nil {
			change(w.Header())
		}
		if code == http.StatusNoContent || code == http.StatusNotModified {
			w.WriteHeader(code) // no body is allowed (RFC 9110 §15.3.5, §15.4.5)
			return
		}
		http.Error(w, http.StatusText(code), code)
	})
	if code < 200 || code > 599 {
		f.err = fmt.Errorf("%d is not a final status: give 200 to 599", code)
	}
	return f
}

// Latency waits for d and then calls the endpoint. If the client disconnects or
// the server closes during the wait, the endpoint is not called. Latency waits
// in real time, or in the time of a synctest bubble. [Clock] does not affect
// the wait.
func Latency(d time.Duration) Fault {
	f := Handler(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r = readAhead(r)
			timer := time.NewTimer(d)
			defer timer.Stop()
			select {
			case <-timer.C:
				next.ServeHTTP(w, r)
			case <-r.Context().Done():
				panic(http.ErrAbortHandler) // a return would send status 200
			}
		})
	})
	if d <= 0 {
		f.err = fmt.Errorf("Latency(%v): give a duration above 0", d)
	}
	return f
}

// Hang never answers. It keeps the request open until the client disconnects or
// the server closes.
func Hang() Fault {
	return replaceResponse(func(_ http.ResponseWriter, r *http.Request) {
		<-readAhead(r).Context().Done()
		panic(http.ErrAbortHandler) // a return would send status 200
	})
}

// readAhead reads up to 1 MiB of the body of r in advance, because net/http
// does not notice that the client has disconnected until the whole request has
// been read. The returned request still has the whole body.
func readAhead(r *http.Request) *http.Request {
	const enough = 1 << 20
	if r.Body == nil {
		return r
	}
	b, _ := io.ReadAll(io.LimitReader(r.Body, enough)) // after an error, the endpoint gets the same error
	read := r.WithContext(r.Context())
	read.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(b), r.Body), r.Body}
	return read
}

// DropConnection ends the request without a response. On HTTP/2, it resets the
// stream. On HTTP/1.1, it closes the connection in the middle of the status
// line. This part of a line makes the request fail. If the server sent nothing,
// [http.Transport] would retry a request on a reused connection.
func DropConnection() Fault {
	return replaceResponse(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(c, "HTTP/1.1 ")
		_ = c.Close()
	})
}

// Handler makes a fault from any handler. [Server.Inject] calls h once. h gets
// the endpoint as next, and can call it for the response without the fault. Use
// an [http.ResponseController] to flush or hijack.
func Handler(h func(next http.Handler) http.Handler) Fault {
	if h == nil {
		return Fault{err: errors.New("Handler(nil): give a function")}
	}
	return Fault{wrap: h}
}

// replaceResponse returns a fault that calls h instead of the endpoint.
func replaceResponse(h http.HandlerFunc) Fault {
	return Handler(func(http.Handler) http.Handler { return h })
}
