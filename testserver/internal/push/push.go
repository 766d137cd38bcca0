package push

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// timeout limits one delivery, from the request to the end of the response
// body.
const timeout = 10 * time.Second

// maxBody is the maximum number of bytes that are read from a response body.
const maxBody = 4 << 10

// Receiver is an HTTP endpoint to which tokens are sent.
type Receiver struct {
	URL string // absolute, http or https

	// Authorization is the value of the Authorization header of requests with
	// security events (SSF 1.0 §6.1.1), such as "Bearer …". If the value is "",
	// these requests do not have the header. Requests with logout tokens never
	// have it.
	Authorization string

	// Client sends the requests. nil means a client that trusts the system's
	// root certificates and uses no proxy. Redirects are never followed.
	Client *http.Client
}

// Receipt is the HTTP response of a receiver. A receiver that accepts a logout
// token returns 200 or 204 (OpenID Connect Back-Channel Logout 1.0 §2.8). A
// receiver that accepts a security event returns 202 (RFC 8935 §2.2).
type Receipt struct {
	Status     int
	RetryAfter string // the Retry-After header; "" if absent
	Body       string // first 4 KiB of the body; the specifications expect a JSON error or an empty body
}

// Accepted reports whether the receiver accepted the token: the status is 2xx.
func (r Receipt) Accepted() bool { return r.Status/100 == 2 }

// Logout sends a logout token (OpenID Connect Back-Channel Logout 1.0 §2.5).
func (to Receiver) Logout(ctx context.Context, token string) (Receipt, error) {
	to.Authorization = ""
	return to.post(ctx, "application/x-www-form-urlencoded", url.Values{"logout_token": {token}}.Encode())
}

// Event sends a security event token (RFC 8935 §2.1).
func (to Receiver) Event(ctx context.Context, token string) (Receipt, error) {
	return to.post(ctx, "application/secevent+jwt", token)
}

// Check returns an error unless the URL of the receiver is an absolute http or
// https URL without a user and without a fragment.
func (to Receiver) Check() error {
	if u, err := url.Parse(to.URL); err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("the URL of the receiver is not valid: want an http or https URL without user and fragment, such as http://127.0.0.1:9002/logout")
	}
	return nil
}

// post sends body and reads the response. It accepts every status, so an error
// is always about the URL or the connection.
func (to Receiver) post(ctx context.Context, media, body string) (Receipt, error) {
	if err := to.Check(); err != nil {
		return Receipt{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, strings.NewReader(body))
	if err != nil {
		return Receipt{}, err
	}
	r.Header.Set("Content-Type", media)
	r.Header.Set("Accept", "application/json")
	if to.Authorization != "" {
		r.Header.Set("Authorization", to.Authorization)
	}
	client := *cmp.Or(to.Client, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}})
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // without the URL, which the caller has
		}
		return Receipt{}, fmt.Errorf("the receiver cannot be reached: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return Receipt{}, fmt.Errorf("the receiver answered %d, but the connection broke before the answer was complete: %w", resp.StatusCode, err)
	}
	return Receipt{Status: resp.StatusCode, RetryAfter: resp.Header.Get("Retry-After"), Body: string(text)}, nil
}
