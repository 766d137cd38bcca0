// Package fetch requests JSON from an authorization server over HTTP. The
// package does not trust the server. It limits the time, the size and the
// redirects of an answer, and accepts only expected statuses. Its errors
// contain no part of a URL, header or body.
package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Limits of one request and its answer.
const (
	Timeout   = 5 * time.Second // from the start of the request to the last byte read
	MaxBytes  = 512 << 10       // maximum size of the body, after decompression
	redirects = 3

	maxErrorBytes = 4 << 10 // maximum size of the body of a 4xx answer, in bytes
)

// These errors are the reasons why a request failed. For an answer with an
// unexpected status, the error is a [StatusError].
var (
	ErrTimeout     = errors.New("server did not send a complete answer in time")
	ErrCanceled    = errors.New("request was canceled")
	ErrName        = errors.New("host name does not resolve")
	ErrTLS         = errors.New("TLS handshake failed or certificate is not trusted")
	ErrUnreachable = errors.New("connection failed")
	ErrConnect     = fmt.Errorf("%w before anything was sent", ErrUnreachable)
	ErrTruncated   = errors.New("answer ended early")
	ErrTooLarge    = errors.New("answer is larger than 512 KiB")
	ErrRedirect    = errors.New("redirect refused: at most 3 redirects are followed, only within the same origin, and only if the request has no token")
	ErrContentType = errors.New("answer is an HTML page, not JSON")
	ErrURL         = errors.New("URL is not valid")
)

// StatusError is an answer with an unexpected status.
type StatusError struct {
	Status     int
	RetryAfter time.Duration // from Retry-After; 0 if the field is missing or invalid
}

func (e StatusError) Error() string {
	if text := http.StatusText(e.Status); text != "" {
		return "server answered " + text
	}
	return "server answered with an unknown status"
}

// Answer is a server's response to a request.
type Answer struct {
	Body      []byte        // without a byte order mark; nil if Unchanged
	Media     string        // media type of the body, without parameters, in lower case
	Unchanged bool          // status 304: the answer with the given ETag is still valid
	ETag      string        // "" if absent, or longer than 256 bytes
	Fresh     time.Duration // how long the answer may be used (RFC 9111 §4.2); negative if the server does not specify a lifetime

	BasicChallenge bool // true if a 4xx answer to [Post] or [PostForm] asks for Basic credentials (RFC 7617)
}

// Get sends a GET request to address and returns the answer. Only the status
// 200 is accepted and, if etag is the ETag of an earlier answer, 304. Get
// follows at most three redirects, which must not change scheme, host or port.
// If client is nil, Get uses [http.DefaultClient].
func Get(ctx context.Context, client *http.Client, address, etag string) (Answer, error) {
	header := http.Header{"Accept": {"application/json, application/jwk-set+json"}}
	if etag != "" {
		header.Set("If-None-Match", etag)
	}
	return do(ctx, client, http.MethodGet, address, "", header, redirects)
}

// GetAs is like [Get], but sends a bearer token and no ETag. It follows no
// redirects.
func GetAs(ctx context.Context, client *http.Client, address, token string) (Answer, error) {
	return do(ctx, client, http.MethodGet, address, "", http.Header{"Authorization": {"Bearer " + token}}, 0)
}

// Post sends a POST request with the given body and header fields. The limits
// of [Get] apply. Post follows no redirects, because only the endpoint at
// address may receive the body. The body is sent as a form, unless header
// contains a Content-Type. If the error is a [StatusError] with a status from
// 400 to 499, the answer contains the first 4 KiB of the body. BasicChallenge
// of this answer is true if the server asked for Basic authentication.
func Post(ctx context.Context, client *http.Client, address, body string, header http.Header) (Answer, error) {
	return do(ctx, client, http.MethodPost, address, body, header, 0)
}

// PostForm is like [Post], with a form as the body.
func PostForm(ctx context.Context, client *http.Client, address string, form url.Values, header http.Header) (Answer, error) {
	return Post(ctx, client, address, form.Encode(), header)
}

func do(ctx context.Context, client *http.Client, method, address, body string, header http.Header, redirects int) (Answer, error) {
	bounded, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(bounded, method, address, strings.NewReader(body))
	if err != nil {
		return Answer{}, ErrURL
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		// This field is not sent. It allows net/http to repeat the request if a
		// reused connection ends before the answer begins. Usually, the server
		// closed the idle connection just before the request was written, but
		// it may also have received the request.
		req.Header["Idempotency-Key"] = []string{}
	}
	req.Header.Set("Accept", "application/json")
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := restricted(client, redirects).Do(req) //nolint:bodyclose // drain closes the body
	if err != nil {
		return Answer{}, reason(ctx, err)
	}
	defer drain(res.Body)
	answer := Answer{ETag: etagOf(res.Header), Fresh: freshness(res.Header)}
	switch {
	case res.StatusCode == http.StatusNotModified && header.Get("If-None-Match") != "":
		answer.Unchanged = true
		return answer, nil
	case res.StatusCode != http.StatusOK:
		refused := Answer{}
		if method == http.MethodPost && res.StatusCode >= 400 && res.StatusCode <= 499 {
			refused.BasicChallenge = slices.ContainsFunc(res.Header.Values("WWW-Authenticate"), basicChallenge.MatchString)
			refused.Body, _ = io.ReadAll(io.LimitReader(res.Body, maxErrorBytes)) // a part of the body is enough
		}
		return refused, StatusError{res.StatusCode, retryAfter(res.Header)}
	}
	if answer.Media, _, _ = mime.ParseMediaType(res.Header.Get("Content-Type")); answer.Media == "text/html" {
		return Answer{}, ErrContentType
	}
	answer.Body, err = io.ReadAll(io.LimitReader(res.Body, MaxBytes+1))
	switch {
	case len(answer.Body) > MaxBytes:
		return Answer{}, ErrTooLarge
	case err == nil:
		answer.Body = bytes.TrimPrefix(answer.Body, []byte("\ufeff")) // removes a byte order mark (RFC 8259 §8.1)
		return answer, nil
	}
	if err = reason(ctx, err); errors.Is(err, ErrUnreachable) {
		return Answer{}, ErrTruncated
	}
	return Answer{}, err
}

// basicChallenge matches a header field with a challenge of the scheme Basic
// (RFC 7617). The challenge may follow other challenges (RFC 9110 §11.6.1). The
// word Basic in a quoted string does not match.
var basicChallenge = regexp.MustCompile(`(?i)^(?:(?:[^"]|"(?:[^"\\]|\\.)*")*,)?\s*Basic(?:[\s,]|$)`)

// drain closes a body. First it reads up to 16 KiB, because a connection can be
// reused only after the whole body was read.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 16<<10)
	_ = body.Close()
}

// restricted returns a copy of client with the redirect policy of this package
// and without a cookie jar. The copy shares the client's transport, and
// therefore also its connections and trusted CAs.
func restricted(client *http.Client, limit int) *http.Client {
	if client == nil {
		client = http.DefaultClient
	}
	c := *client
	c.Jar = nil
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		from := via[0].URL
		if len(via) > limit || req.URL.Scheme != from.Scheme || !strings.EqualFold(req.URL.Host, from.Host) || req.URL.User != nil {
			return ErrRedirect
		}
		return nil
	}
	return &c
}

// reason replaces an error of net/http with an error of this package, because
// the text of the original contains URLs and addresses.
func reason(caller context.Context, err error) error {
	var (
		dns     *net.DNSError
		network net.Error
		unknown x509.UnknownAuthorityError
		verify  *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		socket  *net.OpError
	)
	switch {
	case errors.Is(err, ErrRedirect):
		return ErrRedirect
	case errors.Is(caller.Err(), context.Canceled):
		return ErrCanceled
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return ErrTimeout
	case errors.As(err, &dns):
		return ErrName
	case errors.As(err, &verify), errors.As(err, &unknown), errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch),
		errors.As(err, &socket) && socket.Op == "remote error": // crypto/tls sets this Op if the server sent an alert
		return ErrTLS
	case errors.As(err, &socket) && (socket.Op == "dial" || socket.Op == "proxyconnect"):
		return ErrConnect
	}
	return ErrUnreachable
}
