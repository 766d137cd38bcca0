package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
)

// maxAnswer limits the size of an answer, in bytes. A snapshot may be large.
const maxAnswer = 64 << 20

// These are the errors of [New].
var (
	ErrURL     = errors.New("the URL of the control API is not valid: want a URL such as http://127.0.0.1:9001")
	ErrNoToken = errors.New("the token for the control API is missing")
)

// Client sends requests to one control API. It is safe for concurrent use.
type Client struct {
	base, token string
	http        *http.Client
}

// New returns a client of the control API at an http or https URL. The client
// authenticates with the given token. If an argument is invalid, the error is
// [ErrURL] or [ErrNoToken].
func New(base, token string) (*Client, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil, u.Host == "", u.User != nil, u.Scheme != "http" && u.Scheme != "https":
		return nil, ErrURL
	case token == "":
		return nil, ErrNoToken
	}
	return &Client{base: base, token: token, http: &http.Client{
		Transport:     &http.Transport{}, // no proxy, because the API is usually on this machine
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Call sends a request and returns the body of the answer. The in argument
// becomes the JSON body of the request; nil means an empty body. If out is not
// nil, Call parses the answer into it. The path must begin with a slash and be
// escaped. Each error is an [*Error].
func (c *Client) Call(ctx context.Context, method, path string, in, out any) (text []byte, err error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, &Error{Invalid, err}
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, &Error{Invalid, ErrURL}
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	defer c.http.CloseIdleConnections()
	resp, err := c.http.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // leaves out the URL, which the user knows
		}
		return nil, failed(Unreachable, "the control API cannot be reached: %w", err)
	}
	defer resp.Body.Close()
	text, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, failed(Unreachable, "the connection broke before the answer of the control API was complete: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, refusal(resp.StatusCode, text)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			return nil, failed(Unknown, "the answer does not come from a control API: %w", err)
		}
	}
	return text, nil
}
