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

// Status answers with a status, 200 to 599, and a line of text for a body. The
// endpoint does nothing.
func Status(code int) Fault { return refuse(code, nil) }

// RetryAfter is [Status] with a Retry-After field of d in seconds, rounded up
// (RFC 9110 §10.2.3).
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

// RedirectTo answers 302 Found with url, byte for byte, in Location.
func RedirectTo(url string) Fault {
	return refuse(http.StatusFound, func(h http.Header) { h.Set("Location", url) })
}

func refuse(code int, change func(http.Header)) Fault {
	f := instead(func(w http.ResponseWriter, _ *http.Request) {
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
		f.err = fmt.Errorf("%d is no final status: give 200 to 599", code)
	}
	return f
}

// Latency lets d pass before the endpoint sees the request. It ends early when
// the client goes away or the server closes. The time is that of the program,
// in a synctest bubble that bubble's, whatever [Clock] says.
func Latency(d time.Duration) Fault {
	f := Handler(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r = held(r)
			timer := time.NewTimer(d)
			defer timer.Stop()
			select {
			case <-timer.C:
				next.ServeHTTP(w, r)
			case <-r.Context().Done():
				panic(http.ErrAbortHandler) // returning would send a 200
			}
		})
	})
	if d <= 0 {
		f.err = fmt.Errorf("Latency(%v): give a time", d)
	}
	return f
}

// Hang never answers. It holds the request until the client goes away or the
// server closes.
func Hang() Fault {
	return instead(func(_ http.ResponseWriter, r *http.Request) {
		<-held(r).Context().Done()
		panic(http.ErrAbortHandler) // returning would send a 200
	})
}

// held is r with its body read, because net/http notices that a client has gone
// only when nothing of its request is left to read.
func held(r *http.Request) *http.Request {
	const enough = 1 << 20
	if r.Body == nil {
		return r
	}
	b, _ := io.ReadAll(io.LimitReader(r.Body, enough)) // what failed fails again for the endpoint
	read := r.WithContext(r.Context())
	read.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(b), r.Body), r.Body}
	return read
}

// DropConnection ends the exchange before an answer: on HTTP/2 by a reset of
// the stream, on HTTP/1.1 by closing the connection in the middle of the status
// line. Those few bytes make the loss certain: Go's [http.Transport] repeats a
// request that got no byte over a connection used before.
func DropConnection() Fault {
	return instead(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(c, "HTTP/1.1 ")
		_ = c.Close()
	})
}

// Handler is the open door to every other fault: h is called once, by
// [Server.Inject], and next answers as the server would have. Use an
// [http.ResponseController] to flush or hijack.
func Handler(h func(next http.Handler) http.Handler) Fault {
	if h == nil {
		return Fault{err: errors.New("Handler(nil) is no fault")}
	}
	return Fault{wrap: h}
}

// instead answers in place of the endpoint.
func instead(h http.HandlerFunc) Fault { return Handler(func(http.Handler) http.Handler { return h }) }
