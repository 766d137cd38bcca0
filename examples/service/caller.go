package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/oauth2"
)

const (
	requestTimeout = 10 * time.Second
	maxBusyRetries = 3
	maxWait        = time.Minute
)

// caller calls the API with the tokens of the service.
type caller struct {
	url    string
	tokens tokens
	client *http.Client
	out    io.Writer
}

func newCaller(cfg config, transport http.RoundTripper, out io.Writer) *caller {
	client := &http.Client{
		Transport: transport,
		Timeout:   requestTimeout,
		// Redirects are not followed, so secrets and tokens are sent only to
		// the configured URLs.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &caller{url: cfg.apiURL + "/items", client: client, out: out, tokens: tokens{oauth: cfg.oauth, client: client, out: out, dpop: cfg.dpop}}
}

// items calls GET /items. After 401, it retries once with a new token. After
// 503, it waits for the time in Retry-After and retries, at most maxBusyRetries
// times. It does not retry if that time is longer than maxWait.
func (c *caller) items(ctx context.Context) error {
	var refused *oauth2.Token
	busy := 0
	for {
		token, err := c.tokens.get(ctx, refused)
		if err != nil {
			return err
		}
		status, retryAfter, err := c.get(ctx, token)
		switch {
		case err != nil:
			return err
		case status == http.StatusOK:
			return nil
		case status == http.StatusUnauthorized && refused == nil:
			refused = token
		case status == http.StatusServiceUnavailable && busy < maxBusyRetries && retryAfter <= maxWait:
			busy++
			fmt.Fprintf(c.out, "busy, waiting %v\n", retryAfter)
			if !wait(ctx, retryAfter) {
				return ctx.Err()
			}
		default:
			return fmt.Errorf("the API answered %d", status)
		}
	}
}

func (c *caller) get(ctx context.Context, token *oauth2.Token) (status int, retryAfter time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, http.NoBody)
	if err != nil {
		return 0, 0, err
	}
	token.SetAuthHeader(req) // the scheme is the value of token_type, Bearer or DPoP
	resp, err := c.client.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return 0, 0, err
	}
	fmt.Fprintf(c.out, "GET /items: %d", resp.StatusCode)
	if resp.StatusCode == http.StatusOK { // the body of a refusal is not printed
		fmt.Fprintf(c.out, " %q", body)
	}
	fmt.Fprintln(c.out)
	return resp.StatusCode, parseRetryAfter(resp.Header.Get("Retry-After")), nil
}

// parseRetryAfter returns the time to wait according to the value of
// Retry-After (RFC 9110 §10.2.3), which is a number of seconds or a date. If
// the value is empty or invalid, the time is one second.
func parseRetryAfter(field string) time.Duration {
	if seconds, err := strconv.Atoi(field); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 1_000_000)) * time.Second // a larger number could overflow; this number already exceeds maxWait
	}
	if at, err := http.ParseTime(field); err == nil {
		return max(0, time.Until(at))
	}
	return time.Second
}
