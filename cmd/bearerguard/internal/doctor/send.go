package doctor

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Limits of times and sizes.
const (
	timeout     = time.Minute     // time limit of a whole run
	sendTimeout = 5 * time.Second // time limit of one request
	slow        = 2 * time.Second // a longer answer time is a finding
	maxBytes    = 256 << 10       // size limit of a document
)

// answer is an answer of the API, or the error of the request.
type answer struct {
	status int
	header http.Header
	body   []byte // at most maxBytes + 1 bytes
	err    error
}

// newClient returns a client that follows no redirect.
func newClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send sends a request that ordinary clients also send. If the answer is slow,
// send adds the URL to x.slow.
func (x *examination) send(ctx context.Context, method, address string, header http.Header) answer {
	start := time.Now()
	a := x.exchange(ctx, method, address, header)
	if time.Since(start) > slow && !slices.Contains(x.slow, address) {
		x.slow = append(x.slow, address)
	}
	return a
}

// exchange sends a request with additional header fields. The field Host sets
// the host of the request. The body is read only if the answer has the status
// 200. The body at the URL to check is not read, because it may be endless.
func (x *examination) exchange(ctx context.Context, method, address string, header http.Header) answer {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return answer{err: errors.New("the URL is not valid")}
	}
	r.Header.Set("Accept", "application/json")
	for name, values := range header {
		r.Header[name] = values
	}
	r.Host = r.Header.Get("Host") // "" means the host of the URL
	r.Header.Del("Host")
	resp, err := x.client.Do(r)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // leaves out the URL, which the caller adds
		}
		return answer{err: err}
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if a.status == http.StatusOK && address != x.target.String() {
		a.body, a.err = io.ReadAll(io.LimitReader(resp.Body, maxBytes+1))
	}
	return a
}
