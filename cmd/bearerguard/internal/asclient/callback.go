package asclient

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// CheckRedirect returns an [*Error] if a login cannot use this redirect URI.
// The URI must be an http URL on loopback, where no other machine can read the
// answer (RFC 8252 §7.3, §8.3).
func CheckRedirect(uri string) error {
	_, err := parseRedirect(uri)
	return err
}

func parseRedirect(uri string) (*url.URL, error) {
	const about = "the redirect URI"
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, &Error{InvalidRedirect, about, errors.New("want http with only a host, a port and a path, such as http://127.0.0.1:0/callback")}
	}
	switch u.Hostname() {
	case "127.0.0.1", "::1", "localhost":
		return u, nil
	}
	return nil, &Error{InvalidRedirect, about, errors.New("the host must be 127.0.0.1, [::1] or localhost, where this program can listen")}
}

// callback is an HTTP server at the redirect URI. The browser sends it the
// authorization response of a login.
type callback struct {
	url, path, state string
	taken            atomic.Bool
	answer           chan url.Values
	server           *http.Server
	served           chan struct{}
}

// listen starts a callback server at a redirect URI. The server accepts only an
// authorization response with the given state.
func listen(redirect, state string) (*callback, error) {
	u, err := parseRedirect(redirect)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "80")))
	if err != nil {
		return nil, &Error{CannotListen, "the redirect URI", err}
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	at := *u
	at.Host = net.JoinHostPort(u.Hostname(), port)
	c := &callback{
		url: at.String(), path: cmp.Or(u.Path, "/"), state: state,
		answer: make(chan url.Values, 1), served: make(chan struct{}),
	}
	c.server = &http.Server{Handler: c, ReadHeaderTimeout: requestTimeout}
	go func() {
		defer close(c.served)
		_ = c.server.Serve(l) // returns ErrServerClosed after close
	}()
	return c, nil
}

func (c *callback) wait(ctx context.Context) (url.Values, error) {
	select {
	case answer := <-c.answer:
		return answer, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// close stops the server. It waits up to a second, so that the browser can
// receive the final page.
func (c *callback) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.server.Shutdown(ctx)
	_ = c.server.Close()
	<-c.served
}

// ServeHTTP accepts one authorization response. It requires the state of this
// login, because any web page can make a browser send a request to this server.
func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	switch {
	case r.URL.Path != c.path:
		respond(w, http.StatusNotFound, "Page not found.")
	case r.Method != http.MethodGet:
		respond(w, http.StatusMethodNotAllowed, "Only GET is allowed.")
	case subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(c.state)) != 1, !single(q), q.Has("code") == q.Has("error"):
		respond(w, http.StatusBadRequest, "This is not an answer to the current login.")
	case !c.taken.CompareAndSwap(false, true):
		respond(w, http.StatusGone, "This login was already answered.")
	case q.Has("error"):
		respond(w, http.StatusOK, "You are not logged in. The terminal shows the reason. You may close this window.")
		c.answer <- q
	default:
		respond(w, http.StatusOK, "Continue in the terminal. You may close this window.")
		c.answer <- q
	}
}

// single reports whether each parameter appears at most once (RFC 6749 §3.1).
func single(q url.Values) bool {
	for _, values := range q {
		if len(values) > 1 {
			return false
		}
	}
	return true
}

func respond(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer") // hides the URL, which contains the code
	h.Set("Cache-Control", "no-store")
	h.Set("Connection", "close")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<!doctype html>\n<html lang=\"en\"><title>Bearerguard</title><h1>Bearerguard</h1><p>%s</p></html>\n", html.EscapeString(text))
}
