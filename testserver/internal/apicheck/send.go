package apicheck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	// tooLong is the maximum time to wait for a response.
	tooLong = 10 * time.Second
	// maxAnswer is how many bytes of a body the check searches for tokens.
	maxAnswer = 1 << 20
)

// outcome is a response over one version of HTTP, or the reason why no response
// arrived.
type outcome struct {
	proto      string
	status     int
	challenges []string
	header     http.Header
	body       []byte
	text       string   // header and body, which are searched for tokens
	proof      []string // the DPoP fields of the request
	lost       string   // why no response arrived; "" if one did
	alert      bool     // a TLS alert arrived instead of a response
}

// accepted reports whether the status is 2xx.
func (a outcome) accepted() bool { return a.lost == "" && a.status/100 == 2 }

func (r *run) send(ctx context.Context, p probe, via *http.Transport) outcome {
	limited, cancel := context.WithTimeout(ctx, tooLong)
	defer cancel()
	request, err := r.request(limited, p)
	if err != nil {
		return outcome{lost: reason(ctx, err)}
	}
	resp, err := via.RoundTrip(request)
	if err != nil {
		if isAlert(err) {
			return outcome{lost: "TLS failed; does the server accept the certificate of the client?", alert: true}
		}
		return outcome{lost: reason(ctx, err)}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return outcome{proto: resp.Proto, lost: reason(ctx, err)}
	}

	var text strings.Builder
	for name, values := range resp.Header {
		fmt.Fprintln(&text, name, strings.Join(values, "\n"))
	}
	text.Write(body)
	return outcome{
		proto: resp.Proto, status: resp.StatusCode, challenges: resp.Header.Values("WWW-Authenticate"),
		header: resp.Header, body: body, text: text.String(), proof: request.Header.Values(dpopScheme),
	}
}

// request copies the user's request, and sets the credentials of the probe and
// the URL of the API.
func (r *run) request(ctx context.Context, p probe) (*http.Request, error) {
	made := r.Request()
	if made == nil || made.URL == nil {
		return nil, fmt.Errorf("newRequest returned no request")
	}
	sent := made.Clone(ctx)
	sent.RequestURI = "" // set by httptest.NewRequest; not allowed in a client request
	if sent.Header == nil {
		sent.Header = http.Header{}
	}
	delete(sent.Header, "Authorization")
	if len(p.authorization) > 0 {
		sent.Header["Authorization"] = p.authorization
	}
	sent.URL.Scheme, sent.URL.Host, sent.URL.User = r.target.url.Scheme, r.target.url.Host, nil
	if prefix := strings.TrimSuffix(r.target.url.EscapedPath(), "/"); prefix != "" {
		sent.URL.Path, sent.URL.RawPath = strings.TrimSuffix(r.target.url.Path, "/")+made.URL.Path, prefix+made.URL.EscapedPath()
	}
	if r.target.foreign {
		sent.Host = ""
	}
	if p.query != "" {
		q := sent.URL.Query()
		q.Set("access_token", p.query)
		sent.URL.RawQuery = q.Encode()
	}
	if p.edit != nil {
		p.edit(sent)
	}
	return sent, r.prove(p, sent)
}

// reason describes an error without its message, because the message may quote
// the request or the response, which may contain a token.
func reason(ctx context.Context, err error) string {
	switch {
	case errors.Is(err, ctx.Err()):
		return "the test is over"
	case isTimeout(err):
		return fmt.Sprintf("none within %v", tooLong)
	}
	return "the connection was closed; did a handler panic?"
}

// isAlert reports whether err is an alert that the server sent.
func isAlert(err error) bool {
	refusal, ok := errors.AsType[*net.OpError](err)
	return ok && refusal.Op == "remote error"
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
